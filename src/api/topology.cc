// SPDX-License-Identifier: Apache-2.0
#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {

void add_topology(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/topology", [&controller](const http::Request&) {
    return json_response(
        boost::json::object{{"name", controller.topology().name()},
                            {"encapsulation", fabric::to_string(controller.topology().encapsulation())},
                            {"switches", switches_json(controller)},
                            {"taps", taps_json(controller)},
                            {"tools", tools_json(controller)},
                            {"nodes", nodes_json(controller)},
                            {"links", links_json(controller)}});
  });
}

}  // namespace superspan::api
