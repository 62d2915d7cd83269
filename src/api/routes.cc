// SPDX-License-Identifier: Apache-2.0
#include "api/routes.h"

namespace superspan::api {

http::Router make_router(const ApiContext& context) {
  http::Router router;
  add_policies(router, context.controller);
  add_policy_statistics(router, context.controller);
  add_stream_tickets(router, context.controller);
  add_switches(router, context.controller);
  add_taps(router, context.controller);
  add_tools(router, context.controller);
  add_nodes(router, context.controller);
  add_links(router, context.controller);
  add_topology(router, context.controller);
  add_flows(router, context.controller);
  add_counters(router, context);
  add_events(router, context.controller);
  add_health(router, context.controller);
  add_metrics(router, context);
  add_inventory(router, context.controller);
  add_explain(router, context.controller);
  return router;
}

std::vector<http::RateClass> rate_classes() {
  return {{http::Method::kPut, "/v1/nodes/", 200, 400}};
}

}  // namespace superspan::api
