// SPDX-License-Identifier: Apache-2.0
#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {

namespace json = boost::json;

json::array tools_json(const Controller& controller) {
  json::array tools;
  for (const auto& tool : controller.topology().tools()) {
    tools.push_back({{"name", tool.name},
                     {"switch", controller.topology().switches()[tool.where.at].name},
                     {"port", tool.where.port},
                     {"state", port_state(controller, tool.where)},
                     {"description", tool.description}});
  }
  return tools;
}

void add_tools(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/tools", [&controller](const http::Request&) {
    return json_response(json::object{{"tools", tools_json(controller)}});
  });
}

}  // namespace superspan::api
