// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

namespace json = boost::json;
using base::ErrorCode;

const char* stage_name(fabric::Stage stage) {
  switch (stage) {
    case fabric::Stage::kClassify:
      return "classify";
    case fabric::Stage::kMatch:
      return "match";
    case fabric::Stage::kEncap:
      return "encap";
    case fabric::Stage::kRoute:
      return "route";
    case fabric::Stage::kOutput:
      return "output";
  }
  return "";
}

std::string actions_text(const std::vector<openflow::Action>& actions) {
  if (actions.empty()) return "drop";
  std::string text;
  for (const auto& action : actions) text += (text.empty() ? "" : ",") + openflow::to_string(action);
  return text;
}

using PolicyNames = std::map<std::uint32_t, std::string>;

json::object flow_json(const std::string& at, const openflow::Flow& flow, const PolicyNames& names) {
  const auto cookie = fabric::Cookie::parse(flow.cookie);
  const auto name = cookie ? names.find(cookie->policy) : names.end();
  return {{"switch", at},
          {"table", flow.key.table},
          {"priority", flow.key.priority},
          {"cookie", fmt::format("0x{:016x}", flow.cookie)},
          {"policy", name == names.end() ? "" : name->second},
          {"stage", cookie ? stage_name(cookie->stage) : ""},
          {"match", openflow::to_string(flow.key.match)},
          {"actions", actions_text(flow.actions)}};
}

enum class View { kInstalled, kDesired, kDiff };

base::Result<View> view_of(const http::Request& request) {
  const auto text = request.argument("view").value_or("installed");
  if (text == "installed") return View::kInstalled;
  if (text == "desired") return View::kDesired;
  if (text == "diff") return View::kDiff;
  return base::fail(ErrorCode::kInvalid, fmt::format("no view '{}'", text), "write installed, desired or diff",
                    "?view");
}

void add_flows_of(const fabric::Engine& engine, const fabric::Switch& at, View view, const PolicyNames& names,
                  json::array& flows) {
  if (view == View::kInstalled) {
    for (const auto& statistics : engine.installed(at.datapath)) {
      auto flow = flow_json(at.name, statistics.flow, names);
      flow["packets"] = statistics.packets;
      flow["bytes"] = statistics.bytes;
      flows.push_back(std::move(flow));
    }
  } else if (view == View::kDesired) {
    for (const auto& flow : engine.desired(at.datapath)) flows.push_back(flow_json(at.name, flow, names));
  } else {
    for (const auto& mod : engine.difference(at.datapath)) {
      auto flow = flow_json(at.name, mod.flow, names);
      flow["change"] = mod.command == openflow::FlowCommand::kAdd ? "add" : "delete";
      flows.push_back(std::move(flow));
    }
  }
}

// What was once read from a switch is no fact about it while it is away, nor until it is read again.
bool flows_are_known(fabric::SwitchState state) {
  return state != fabric::SwitchState::kAbsent && state != fabric::SwitchState::kDumping;
}

http::Response list(const Controller& controller, const http::Request& request) {
  const auto view = view_of(request);
  if (!view) return http::problem(view.error());
  const auto only = request.argument("switch");
  if (only && !controller.topology().find_switch(*only)) {
    return http::problem({ErrorCode::kNotFound,
                          fmt::format("the fabric has no switch '{}'", *only),
                          "GET /v1/switches lists them",
                          "?switch",
                          {}});
  }
  PolicyNames names;
  for (const auto& policy : controller.policies()) {
    if (policy.state != "ended") names[policy.stored.number] = policy.stored.name;
  }
  json::array flows;
  json::array unknown;
  const auto& switches = controller.topology().switches();
  const auto states = controller.engine().switches();
  for (std::size_t index = 0; index < switches.size(); ++index) {
    const auto& each = switches[index];
    if (only && each.name != *only) continue;
    if (*view == View::kDesired || flows_are_known(states[index].state)) {
      add_flows_of(controller.engine(), each, *view, names, flows);
    } else {
      unknown.push_back({{"switch", each.name}, {"state", fabric::to_string(states[index].state)}});
    }
  }
  return json_response(json::object{{"flows", std::move(flows)}, {"unknown", std::move(unknown)}});
}

}  // namespace

void add_flows(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/flows",
                    [&controller](const http::Request& request) { return list(controller, request); },
                    {"switch", "view"});
}

}  // namespace superspan::api
