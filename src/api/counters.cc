// SPDX-License-Identifier: Apache-2.0
#include "api/policy_statistics.h"
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

json::object switch_counters(const fabric::SwitchView& view, const openflow::SessionCounters& session) {
  return {{"switch", view.name},
          {"flows", view.installed_flows},
          {"transactions", view.transactions},
          {"mods", view.mods},
          {"repaired_flows", view.repaired_flows},
          {"messages_received", session.messages_received},
          {"messages_sent", session.messages_sent},
          {"errors_received", session.errors_received},
          {"malformed_messages", session.malformed_messages},
          {"packet_ins", session.packet_ins},
          {"packet_ins_dropped", session.packet_ins_dropped}};
}

json::object api_counters(const http::ServerStatistics& server, const EventLog& events) {
  return {{"connections", server.connections},
          {"streams", server.streams},
          {"requests", server.requests},
          {"unauthorized", server.unauthorized},
          {"rate_limited", server.rate_limited},
          {"malformed", server.malformed},
          {"timed_out", server.timed_out},
          {"refused_connections", server.refused_connections},
          {"events", events.count()},
          {"event_listeners", events.listeners()}};
}

json::object counters_json(const ApiContext& context) {
  const Controller& controller = context.controller;
  json::array policies;
  for (const auto& statistics : controller.all_statistics()) policies.push_back(statistics_json(statistics));
  json::array switches;
  for (const auto& view : controller.engine().switches()) {
    switches.push_back(switch_counters(view, controller.session_counters(view.datapath)));
  }
  json::array nodes;
  for (const auto& [name, entry] : controller.nodes().entries()) {
    json::object node = entry.registration.counters;
    node["node"] = name;
    nodes.push_back(std::move(node));
  }
  return {{"policies", std::move(policies)},
          {"switches", std::move(switches)},
          {"nodes", std::move(nodes)},
          {"api", api_counters(context.server(), controller.events())}};
}

}  // namespace

void add_counters(http::Router& router, const ApiContext& context) {
  router.add_simple(http::Method::kGet, "/v1/counters",
                    [context](const http::Request&) { return json_response(counters_json(context)); });
}

}  // namespace superspan::api
