// SPDX-License-Identifier: Apache-2.0
// The resources of openapi.yaml, one file each, on one router. Handlers run on the io thread.
#pragma once

#include <functional>
#include <vector>

#include "api/controller.h"
#include "http/router.h"
#include "http/server.h"

namespace superspan::api {

struct ApiContext {
  Controller& controller;                          // outlives the router
  std::function<http::ServerStatistics()> server;  // of the API itself
};

[[nodiscard]] http::Router make_router(const ApiContext& context);

// Registrations of nodes are heartbeats: a node that is refused them is taken for down. The same token opens the API to
// people and scripts, so nodes have a rate of their own: 100 nodes, each every 2 s, with room for their extra ones.
[[nodiscard]] std::vector<http::RateClass> rate_classes();

void add_policies(http::Router& router, Controller& controller);
void add_policy_statistics(http::Router& router, Controller& controller);
void add_stream_tickets(http::Router& router, Controller& controller);
void add_switches(http::Router& router, Controller& controller);
void add_taps(http::Router& router, Controller& controller);
void add_tools(http::Router& router, Controller& controller);
void add_nodes(http::Router& router, Controller& controller);
void add_links(http::Router& router, Controller& controller);
void add_topology(http::Router& router, Controller& controller);
void add_flows(http::Router& router, Controller& controller);
void add_counters(http::Router& router, const ApiContext& context);
void add_events(http::Router& router, Controller& controller);
void add_health(http::Router& router, Controller& controller);
void add_metrics(http::Router& router, const ApiContext& context);
void add_inventory(http::Router& router, Controller& controller);
void add_explain(http::Router& router, Controller& controller);

}  // namespace superspan::api
