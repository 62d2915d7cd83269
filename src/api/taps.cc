// SPDX-License-Identifier: Apache-2.0
#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {

namespace json = boost::json;

json::array taps_json(const Controller& controller) {
  json::array taps;
  for (const auto& tap : controller.topology().taps()) {
    taps.push_back({{"name", tap.name},
                    {"id", tap.id},
                    {"switch", controller.topology().switches()[tap.where.at].name},
                    {"port", tap.where.port},
                    {"state", port_state(controller, tap.where)},
                    {"description", tap.description}});
  }
  return taps;
}

void add_taps(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/taps", [&controller](const http::Request&) {
    return json_response(json::object{{"taps", taps_json(controller)}});
  });
}

}  // namespace superspan::api
