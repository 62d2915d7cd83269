// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

// "node1: web: cannot write: No space left on device", of the nodes that are up.
json::array problems_json(const Controller& controller) {
  json::array problems;
  for (const auto& [name, node] : controller.nodes().entries()) {
    if (!node.up) continue;
    for (const auto& problem : controller.nodes().problems(name)) {
      problems.emplace_back(fmt::format("{}: {}", name, problem));
    }
  }
  return problems;
}

json::object health_json(const Controller& controller) {
  const auto switches = controller.engine().switches();
  const auto policies = controller.engine().policies();
  const auto synced = std::ranges::count(switches, fabric::SwitchState::kSynced, &fabric::SwitchView::state);
  const auto nodes_up = std::ranges::count_if(controller.nodes().entries(), [](const auto& e) { return e.second.up; });
  const auto in_state = [&](fabric::PolicyState state) {
    return std::ranges::count(policies, state, &fabric::PolicyView::state);
  };
  const auto failed = in_state(fabric::PolicyState::kFailed);
  const auto nodes = std::ssize(controller.topology().nodes());
  json::array problems = problems_json(controller);
  const bool ok = synced == std::ssize(switches) && nodes_up == nodes && failed == 0 && problems.empty();
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(controller.clock().steady() - controller.started());
  return {{"status", ok ? "ok" : "degraded"},
          {"version", controller.version()},
          {"fabric", controller.topology().name()},
          {"uptime_s", uptime.count()},
          {"epoch", controller.epoch()},
          {"switches", switches.size()},
          {"switches_synced", synced},
          {"nodes", nodes},
          {"nodes_up", nodes_up},
          {"policies_active", in_state(fabric::PolicyState::kActive)},
          {"policies_pending", in_state(fabric::PolicyState::kPending)},
          {"policies_failed", failed},
          {"problems", std::move(problems)}};
}

}  // namespace

void add_health(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/health",
                    [&controller](const http::Request&) { return json_response(health_json(controller)); });
}

}  // namespace superspan::api
