// SPDX-License-Identifier: Apache-2.0
// Prometheus text exposition format 0.0.4. Names end in their unit; counters end in _total.
#include <fmt/format.h>

#include <iterator>

#include "api/routes.h"

namespace superspan::api {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Label values may hold anything; the format wants three escapes.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

class Exposition {
 public:
  void family(const char* name, const char* type, const char* help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    name_ = name;
  }
  void value(const Labels& labels, std::uint64_t number) {
    text_ += name_;
    for (std::size_t index = 0; index < labels.size(); ++index) {
      const auto& [key, label] = labels[index];
      fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", index == 0 ? "{" : ",", key, escaped(label));
    }
    fmt::format_to(std::back_inserter(text_), "{} {}\n", labels.empty() ? "" : "}", number);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  const char* name_ = "";
};

std::uint64_t number_of(const boost::json::object& counters, const char* key) {
  const auto* value = counters.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return 0;
  return static_cast<std::uint64_t>(value->get_int64());
}

void add_policy_values(Exposition& out, const Controller& controller) {
  const auto all = controller.all_statistics();
  out.family("superspan_policy_packets_total", "counter", "Packets of a policy at a hop.");
  for (const auto& each : all) {
    for (const auto& hop : each.hops) {
      out.value({{"policy", each.policy}, {"switch", hop.at}, {"stage", hop.stage}}, hop.packets);
    }
  }
  out.family("superspan_policy_bytes_total", "counter", "Bytes of a policy at a hop, as the hop sees them.");
  for (const auto& each : all) {
    for (const auto& hop : each.hops) {
      out.value({{"policy", each.policy}, {"switch", hop.at}, {"stage", hop.stage}}, hop.bytes);
    }
  }
  out.family("superspan_node_policy_packets_total", "counter",
             "Packets of a policy at a node, by what became of them.");
  for (const auto& each : all) {
    for (const auto& [node, counters] : each.nodes) {
      for (const char* fate : {"received", "residual_dropped", "stream_dropped", "recorded", "record_queue_full",
                               "disk_full", "disk_error"}) {
        out.value({{"policy", each.policy}, {"node", node}, {"fate", fate}}, number_of(counters, fate));
      }
    }
  }
}

void add_switch_values(Exposition& out, const Controller& controller) {
  const auto views = controller.engine().switches();
  const auto each = [&](const char* name, const char* type, const char* help, auto number) {
    out.family(name, type, help);
    for (const auto& view : views) out.value({{"switch", view.name}}, number(view));
  };
  using View = fabric::SwitchView;
  each("superspan_switch_synced", "gauge", "1: the switch holds what it shall hold.",
       [](const View& view) { return std::uint64_t{view.state == fabric::SwitchState::kSynced}; });
  each("superspan_switch_flows", "gauge", "Flows as last read.", [](const View& view) { return view.installed_flows; });
  each("superspan_switch_desired_flows", "gauge", "Flows that shall be there.",
       [](const View& view) { return view.desired_flows; });
  each("superspan_switch_transactions_total", "counter", "Transactions sent.",
       [](const View& view) { return view.transactions; });
  each("superspan_switch_flow_mods_total", "counter", "Flow-mods sent.", [](const View& view) { return view.mods; });
  each("superspan_switch_repaired_flows_total", "counter", "Flows found wrong by audits.",
       [](const View& view) { return view.repaired_flows; });
  each("superspan_switch_errors_total", "counter", "OpenFlow errors received.",
       [&](const View& view) { return controller.session_counters(view.datapath).errors_received; });
}

void add_node_values(Exposition& out, const Controller& controller) {
  out.family("superspan_node_up", "gauge", "1: the node is heard.");
  for (const auto& node : controller.topology().nodes()) {
    const auto* entry = controller.nodes().find(node.name);
    out.value({{"node", node.name}}, entry != nullptr && entry->up ? 1 : 0);
  }
}

void add_own_values(Exposition& out, const ApiContext& context) {
  const auto server = context.server();
  const auto one = [&](const char* name, const char* type, const char* help, std::uint64_t number) {
    out.family(name, type, help);
    out.value({}, number);
  };
  one("superspan_epoch", "gauge", "Version of the policy set.", context.controller.epoch());
  out.family("superspan_policies", "gauge", "Policies by state.");
  std::map<std::string, std::uint64_t> states{{"active", 0}, {"ended", 0}, {"failed", 0}, {"pending", 0}};
  for (const auto& policy : context.controller.policies()) ++states[policy.state];
  for (const auto& [state, count] : states) out.value({{"state", state}}, count);
  one("superspan_events_total", "counter", "Events since start.", context.controller.events().count());
  const auto door = context.controller.door_counters();
  one("superspan_openflow_connections_total", "counter", "Connections to the OpenFlow port.", door.accepted);
  one("superspan_openflow_refused_total", "counter", "Those that never became a switch; not each makes an event.",
      door.refused);
  one("superspan_openflow_refused_limit_total", "counter", "Refused for a limit of connections.",
      door.refused_full + door.refused_per_address);
  one("superspan_http_requests_total", "counter", "Requests that reached a resource.", server.requests);
  one("superspan_http_unauthorized_total", "counter", "Requests without a valid token.", server.unauthorized);
  one("superspan_http_rate_limited_total", "counter", "Requests over the rate of their token.", server.rate_limited);
  one("superspan_http_malformed_total", "counter", "Requests that were no HTTP or too large.", server.malformed);
  one("superspan_http_timed_out_total", "counter", "Requests that did not arrive in time.", server.timed_out);
  one("superspan_http_connections", "gauge", "Open connections.", server.connections);
  one("superspan_http_streams", "gauge", "Open streams.", server.streams);
}

}  // namespace

void add_metrics(http::Router& router, const ApiContext& context) {
  router.add_simple(http::Method::kGet, "/metrics", [context](const http::Request&) {
    Exposition out;
    add_policy_values(out, context.controller);
    add_switch_values(out, context.controller);
    add_node_values(out, context.controller);
    add_own_values(out, context);
    return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", out.take(), {}};
  });
}

}  // namespace superspan::api
