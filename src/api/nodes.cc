// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

std::int64_t age_ms(const Controller& controller, const NodeDirectory::Entry& entry) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(controller.clock().steady() - entry.heard).count();
}

json::object node_json(const Controller& controller, const fabric::Node& node,
                       const std::vector<fabric::NodeView>& views) {
  const auto view = std::ranges::find(views, node.name, &fabric::NodeView::name);
  const auto* entry = controller.nodes().find(node.name);
  return {{"name", node.name},
          {"state", entry != nullptr && entry->up ? "up" : "down"},
          {"switch", controller.topology().switches()[node.where.at].name},
          {"port", node.where.port},
          {"endpoint", entry == nullptr ? "" : http::to_string(entry->registration.endpoint)},
          {"version", entry == nullptr ? "" : entry->registration.version},
          {"revision", view == views.end() ? 0 : view->revision},
          {"applied", entry == nullptr ? 0 : entry->registration.applied},
          {"heartbeat_age_ms", entry == nullptr ? -1 : age_ms(controller, *entry)},
          {"counters", entry == nullptr ? json::object{} : entry->registration.counters}};
}

http::Response get(const Controller& controller, std::string_view name) {
  const auto& nodes = controller.topology().nodes();
  const auto node = std::ranges::find(nodes, name, &fabric::Node::name);
  if (node != nodes.end()) return json_response(node_json(controller, *node, controller.engine().nodes()));
  return http::problem({base::ErrorCode::kNotFound,
                        fmt::format("the fabric has no node '{}'", name),
                        "GET /v1/nodes lists them",
                        "",
                        {}});
}

http::Response put(Controller& controller, const http::Request& request) {
  auto registration = parse_registration(request.body);
  if (!registration) return http::problem(registration.error());
  const auto revision = controller.node_heard(std::string(request.parameter("name")), std::move(*registration));
  if (!revision) return http::problem(revision.error());
  return json_response(json::object{{"revision", *revision}});
}

}  // namespace

json::array nodes_json(const Controller& controller) {
  json::array nodes;
  const auto views = controller.engine().nodes();
  for (const auto& node : controller.topology().nodes()) nodes.push_back(node_json(controller, node, views));
  return nodes;
}

void add_nodes(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/nodes", [&controller](const http::Request&) {
    return json_response(json::object{{"nodes", nodes_json(controller)}});
  });
  router.add_simple(http::Method::kGet, "/v1/nodes/{name}",
                    [&controller](const http::Request& request) { return get(controller, request.parameter("name")); });
  router.add_simple(http::Method::kPut, "/v1/nodes/{name}",
                    [&controller](const http::Request& request) { return put(controller, request); });
}

}  // namespace superspan::api
