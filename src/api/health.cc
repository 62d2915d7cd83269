// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

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
  const bool ok = synced == std::ssize(switches) && nodes_up == nodes && failed == 0;
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
          {"policies_failed", failed}};
}

}  // namespace

void add_health(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/health",
                    [&controller](const http::Request&) { return json_response(health_json(controller)); });
}

}  // namespace superspan::api
