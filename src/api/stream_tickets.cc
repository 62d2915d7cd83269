// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

using base::ErrorCode;

base::Result<std::string> choose_node(const Controller& controller, const PolicyDocument& policy,
                                      std::optional<std::string_view> asked) {
  std::vector<std::string> nodes;
  for (const auto& name : policy.destinations) {
    const auto destination = controller.topology().find_destination(name);
    if (destination && destination->kind == fabric::Destination::Kind::kNode) nodes.push_back(name);
  }
  if (nodes.empty()) {
    return base::fail(ErrorCode::kConflict, fmt::format("policy '{}' goes to no node", policy.stored.name),
                      "name a node in its tools");
  }
  if (!asked) return nodes.front();
  if (std::ranges::find(nodes, *asked) != nodes.end()) return std::string(*asked);
  return base::fail(ErrorCode::kNotFound, fmt::format("policy '{}' does not go to '{}'", policy.stored.name, *asked),
                    fmt::format("it goes to {}", fmt::join(nodes, ", ")), "?node");
}

base::Result<boost::json::object> ticket(const Controller& controller, const http::Request& request) {
  const std::string name(request.parameter("name"));
  const auto policy = controller.policy(name);
  if (!policy) {
    return base::fail(ErrorCode::kNotFound, fmt::format("no policy '{}'", name), "GET /v1/policies lists them");
  }
  if (!policy->stored.text.stream) {
    return base::fail(ErrorCode::kConflict, fmt::format("policy '{}' has no live stream", name), "set its 'stream'");
  }
  const auto node = choose_node(controller, *policy, request.argument("node"));
  if (!node) return std::unexpected(node.error());
  const auto* entry = controller.nodes().find(*node);
  if (entry == nullptr || !entry->up) {
    return base::fail(ErrorCode::kUnavailable, fmt::format("node '{}' is down", *node), "start superspan-node there");
  }
  return boost::json::object{{"node", *node},
                             {"endpoint", http::to_string(entry->registration.endpoint)},
                             {"path", "/v1/streams/" + name},
                             {"token", entry->registration.token}};
}

}  // namespace

void add_stream_tickets(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/policies/{name}/stream",
                    [&controller](const http::Request& request) {
                      const auto found = ticket(controller, request);
                      return found ? json_response(*found) : http::problem(found.error());
                    },
                    {"node"});
}

}  // namespace superspan::api
