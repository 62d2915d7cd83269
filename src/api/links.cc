// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

// The worse of its two ends.
const char* link_state(const Controller& controller, const fabric::Link& link) {
  const std::string_view ends[] = {port_state(controller, link.from), port_state(controller, link.to)};
  for (const char* state : {"missing", "down", "unknown"}) {
    if (ends[0] == state || ends[1] == state) return state;
  }
  return "up";
}

}  // namespace

json::array links_json(const Controller& controller) {
  json::array links;
  for (const auto& link : controller.topology().links()) {
    links.push_back({{"from", place_text(controller.topology(), link.from)},
                     {"to", place_text(controller.topology(), link.to)},
                     {"state", link_state(controller, link)}});
  }
  return links;
}

void add_links(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/links", [&controller](const http::Request&) {
    return json_response(json::object{{"links", links_json(controller)}});
  });
}

}  // namespace superspan::api
