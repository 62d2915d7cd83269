// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/roles/roles.h"
#include "net/nsh.h"

namespace superspan::fabric::roles {
namespace {

using net::Field;
using net::FieldTest;
using openflow::Action;

constexpr std::uint16_t kPortPriority = 100;

DesiredFlow flow(std::uint8_t table, std::uint16_t priority, openflow::Match match, std::vector<Action> actions) {
  DesiredFlow made;
  made.flow.key = {table, priority, std::move(match)};
  made.flow.actions = std::move(actions);
  return made;
}

// Match, route and send what came in at this tap. No action if no policy looks at it: the flow still counts.
std::vector<Action> tap_actions(const SwitchView& view, std::size_t tap) {
  std::set<std::uint8_t> match_tables;
  std::set<unsigned> namespaces;
  std::uint64_t plain = 0;
  for (const WantedPolicy& policy : view.wanted.policies) {
    if (!policy.classified || !std::ranges::binary_search(policy.placed.taps, tap)) continue;
    match_tables.insert(static_cast<std::uint8_t>(kMatchTable + policy.colour));
    namespaces.insert(policy.placed.policy->slot.name_space);
    for (const Destination& destination : policy.placed.destinations) {
      const bool shared =
          destination.kind == Destination::Kind::kTool && view.wanted.tool_bits.contains(destination.index);
      if (shared) namespaces.insert(kToolNamespace);
    }
  }
  if (match_tables.empty()) return {};
  std::vector<Action> actions;
  actions.push_back(openflow::LoadRegister{kTapRegister, view.topology.taps()[tap].id, 0xffffffff});
  for (const std::uint8_t table : match_tables) actions.push_back(openflow::Resubmit{table});
  for (const unsigned name_space : namespaces) {
    plain |= use_of(view, name_space).tap_plain;
    actions.push_back(openflow::Resubmit{static_cast<std::uint8_t>(kNamespaceTable + name_space)});
  }
  for (const std::uint8_t table : out_tables(kPlainOutTable, plain)) actions.push_back(openflow::Resubmit{table});
  return actions;
}

std::vector<Action> core_actions(const NamespaceUse& use, unsigned name_space) {
  const auto low = static_cast<std::uint8_t>(2 * name_space);
  std::vector<Action> actions = {openflow::MoveToRegister{Field::kNshContext3, low},
                                 openflow::MoveToRegister{Field::kNshContext4, static_cast<std::uint8_t>(low + 1)}};
  for (const std::uint8_t table : use.core_routes) actions.push_back(openflow::Resubmit{table});
  for (const std::uint8_t table : out_tables(kFabricOutTable, use.core_fabric)) {
    actions.push_back(openflow::Resubmit{table});
  }
  // Last: after decapsulation Open vSwitch starts over with the inner packet.
  if (use.core_plain != 0) actions.push_back(openflow::Resubmit{kDecapTable});
  return actions;
}

void classify_links(const SwitchView& view, FlowBlock& flows) {
  for (unsigned name_space = 0; name_space <= kToolNamespace; ++name_space) {
    const NamespaceUse use = use_of(view, name_space);
    if (use.core_routes.empty()) continue;
    for (const Link& link : view.topology.links()) {
      for (const auto& [here, there] : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
        if (here.at != view.at || !view.maker.tree(name_space).is_branch(here, there.at)) continue;
        openflow::Match match;
        match.in_port = here.port;
        match.headers = {FieldTest::exactly(Field::kEthType, net::kEtherTypeNsh),
                         FieldTest::exactly(Field::kNshSpi, service_path(name_space))};
        flows.push_back(flow(kClassifyTable, kPortPriority, std::move(match), core_actions(use, name_space)));
      }
    }
  }
}

}  // namespace

FlowBlock match_rules(const policy::CompiledPolicy& compiled, std::uint32_t number, unsigned colour,
                      std::span<const openflow::PortNumber> ports, const std::vector<Action>& set_bits) {
  FlowBlock flows;
  std::vector<std::optional<openflow::PortNumber>> in_ports(ports.begin(), ports.end());
  if (ports.empty()) in_ports.emplace_back();
  std::uint16_t priority = kMatchPriority;
  for (const policy::Rule& rule : compiled.rules) {
    for (const auto& port : in_ports) {
      DesiredFlow made = flow(static_cast<std::uint8_t>(kMatchTable + colour), priority, {},
                              rule.accept ? set_bits : std::vector<Action>{});
      made.flow.key.match.in_port = port;
      made.flow.key.match.headers = rule.match;
      made.flow.cookie = Cookie{number, Stage::kMatch, static_cast<std::uint16_t>(flows.size())}.value();
      if (rule.accept) made.counts = {number};
      made.taken = rule.accept;
      flows.push_back(std::move(made));
    }
    --priority;
  }
  return flows;
}

FlowBlock classify(const SwitchView& view) {
  FlowBlock flows;
  flows.push_back(flow(kClassifyTable, 0, {}, {}));
  for (std::size_t tap = 0; tap < view.topology.taps().size(); ++tap) {
    const Attachment& where = view.topology.taps()[tap].where;
    if (where.at != view.at) continue;
    openflow::Match match;
    match.in_port = where.port;
    flows.push_back(flow(kClassifyTable, kPortPriority, std::move(match), tap_actions(view, tap)));
  }
  classify_links(view, flows);
  return flows;
}

}  // namespace superspan::fabric::roles
