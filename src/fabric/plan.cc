// SPDX-License-Identifier: Apache-2.0
#include "fabric/plan.h"

#include <map>

#include "fabric/reconcile.h"

namespace superspan::fabric {
namespace {

using Tables = std::map<std::uint8_t, Plan::Table>;

Plan::Table& of(Tables& tables, std::uint8_t number) {
  Plan::Table& table = tables[number];
  table.table = number;
  return table;
}

Plan::Hop plan_hop(const std::string& name, const DesiredFlows& before, const DesiredFlows& after) {
  Plan::Hop hop{name, {}, changes(before, after)};
  Tables tables;
  std::set<openflow::FlowKey> held;
  for (const auto& [id, block] : before.blocks()) {
    for (const DesiredFlow& flow : *block) {
      of(tables, flow.flow.key.table);
      held.insert(flow.flow.key);
    }
  }
  for (const auto& [id, block] : after.blocks()) {
    for (const DesiredFlow& flow : *block) ++of(tables, flow.flow.key.table).flows;
  }
  for (const openflow::FlowMod& mod : hop.mods) {
    Plan::Table& table = of(tables, mod.flow.key.table);
    if (mod.command != openflow::FlowCommand::kAdd) {
      ++table.removed;
    } else {
      ++(held.contains(mod.flow.key) ? table.changed : table.added);
    }
  }
  for (const auto& [number, table] : tables) hop.tables.push_back(table);
  return hop;
}

std::string port_name(const Topology& topology, Attachment where) {
  return topology.switches()[where.at].name + ":" + std::to_string(where.port);
}

// What is at the other end of a port that copies leave by.
std::string far_end(const Topology& topology, Attachment where) {
  const auto use = topology.port(where);
  if (!use) return "";
  if (use->role == Topology::PortRole::kTool) return topology.tools()[use->index].name;
  if (use->role == Topology::PortRole::kNode) return topology.nodes()[use->index].name;
  const Link& link = topology.links()[use->index];
  return port_name(topology, link.from == where ? link.to : link.from);
}

}  // namespace

Plan::Table Plan::Hop::sum() const {
  Table sum;
  for (const Table& table : tables) {
    sum.flows += table.flows;
    sum.added += table.added;
    sum.changed += table.changed;
    sum.removed += table.removed;
  }
  return sum;
}

std::vector<Plan::Hop> plan_hops(const Topology& topology, std::span<const DesiredFlows* const> before,
                                 std::span<const DesiredFlows> after) {
  std::vector<Plan::Hop> hops;
  hops.reserve(after.size());
  for (SwitchIndex at = 0; at < after.size(); ++at) {
    hops.push_back(plan_hop(topology.switches()[at].name, *before[at], after[at]));
  }
  return hops;
}

std::vector<Plan::Link> plan_links(const Topology& topology, const std::vector<OutPorts>& ports, const Wanted& wanted) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> links;
  const auto add = [&](const std::string& policy, SwitchIndex at, std::uint64_t bits,
                       const std::vector<openflow::PortNumber>& numbers) {
    for (std::size_t bit = 0; bit < numbers.size(); ++bit) {
      if ((bits >> bit & 1) == 0) continue;
      const Attachment where{at, numbers[bit]};
      links[{port_name(topology, where), far_end(topology, where)}].push_back(policy);
    }
  };
  for (const WantedPolicy& policy : wanted.policies) {
    for (const auto& [at, hop] : *policy.route) {
      add(policy.placed.policy->name, at, hop.fabric, ports[at].fabric);
      add(policy.placed.policy->name, at, hop.plain, ports[at].plain);
    }
  }
  std::vector<Plan::Link> list;
  list.reserve(links.size());
  for (auto& [ends, policies] : links) list.push_back({ends.first, ends.second, std::move(policies)});
  return list;
}

}  // namespace superspan::fabric
