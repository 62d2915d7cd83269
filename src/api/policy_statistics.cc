// SPDX-License-Identifier: Apache-2.0
#include "api/policy_statistics.h"

#include <fmt/format.h>

#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"

namespace superspan::api {

namespace json = boost::json;

namespace {

std::uint64_t count_of(const json::object& counters, std::string_view name) {
  const auto* value = counters.if_contains(name);
  boost::system::error_code error;
  const auto count = value == nullptr || !value->is_number() ? 0 : value->to_number<std::uint64_t>(error);
  return error ? 0 : count;
}

// Packets that a recording lacks.
std::uint64_t record_lost(const json::object& counters) {
  return count_of(counters, "record_queue_full") + count_of(counters, "disk_full") + count_of(counters, "disk_error");
}

}  // namespace

json::array hops_json(const std::vector<fabric::HopCounter>& hops) {
  json::array list;
  for (const auto& hop : hops) {
    list.push_back({{"switch", hop.at}, {"stage", hop.stage}, {"packets", hop.packets}, {"bytes", hop.bytes}});
  }
  return list;
}

json::object statistics_json(const Controller::Statistics& statistics) {
  json::array nodes;
  for (const auto& [name, counters] : statistics.nodes) {
    json::object node{{"node", name}};
    for (const auto& [key, value] : counters) node[key] = value;
    node["record_lost"] = record_lost(counters);
    nodes.push_back(std::move(node));
  }
  return {{"policy", statistics.policy}, {"hops", hops_json(statistics.hops)}, {"nodes", std::move(nodes)}};
}

void add_policy_statistics(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/policies/{name}/stats", [&controller](const http::Request& request) {
    const auto statistics = controller.statistics(std::string(request.parameter("name")));
    if (statistics) return json_response(statistics_json(*statistics));
    return http::problem({base::ErrorCode::kNotFound,
                          fmt::format("no policy '{}'", request.parameter("name")),
                          "GET /v1/policies lists them",
                          "",
                          {}});
  });
}

}  // namespace superspan::api
