// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "api/inventory_json.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

// "OpenFlow 1.4" -> "1.4"
std::string version_number(openflow::Version version) {
  const std::string text = openflow::to_string(version);
  return text.substr(text.rfind(' ') + 1);
}

json::object switch_json(const Controller& controller, const fabric::Switch& each, const fabric::SwitchView& view) {
  const auto* info = controller.switch_info(each.datapath);
  return {{"name", each.name},
          {"datapath", fmt::format("{:016x}", each.datapath)},
          {"profile", fabric::to_string(each.profile)},
          {"state", fabric::to_string(view.state)},
          {"why", view.why},
          {"openflow", info == nullptr ? "" : version_number(info->version)},
          {"software", info == nullptr ? "" : info->software},
          {"flows", view.installed_flows},
          {"desired_flows", view.desired_flows},
          {"transactions", view.transactions},
          {"mods", view.mods},
          {"repaired_flows", view.repaired_flows}};
}

}  // namespace

json::array switches_json(const Controller& controller) {
  json::array switches;
  const auto views = controller.engine().switches();
  for (std::size_t index = 0; index < views.size(); ++index) {
    switches.push_back(switch_json(controller, controller.topology().switches()[index], views[index]));
  }
  return switches;
}

void add_switches(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/switches", [&controller](const http::Request&) {
    return json_response(json::object{{"switches", switches_json(controller)}});
  });
}

}  // namespace superspan::api
