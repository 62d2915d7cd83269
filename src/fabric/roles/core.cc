// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/roles/roles.h"

namespace superspan::fabric::roles {
namespace {

constexpr std::uint16_t kRoutePriority = 100;

void add(NamespaceUse& use, std::uint8_t table, const Hop& hop) {
  if (hop.from_taps) {
    use.tap_routes.insert(table);
    use.tap_fabric |= hop.fabric;
    use.tap_plain |= hop.plain;
  }
  if (hop.from_core) {
    use.core_routes.insert(table);
    use.core_fabric |= hop.fabric;
    use.core_plain |= hop.plain;
  }
}

}  // namespace

std::uint8_t shared_tool_table(std::size_t position) {
  return static_cast<std::uint8_t>(kRouteTable + kColoursMax - 1 - position);
}

NamespaceUse use_of(const SwitchView& view, unsigned name_space) {
  NamespaceUse use;
  if (name_space == kToolNamespace) {
    for (std::size_t position = 0; position < view.wanted.shared_tools.size(); ++position) {
      const Route& route = *view.wanted.shared_tools[position].route;
      const auto hop = route.find(view.at);
      if (hop != route.end()) add(use, shared_tool_table(position), hop->second);
    }
    return use;
  }
  for (const WantedPolicy& policy : view.wanted.policies) {
    const Hop* const hop = policy.hop(view.at);
    if (hop == nullptr || policy.placed.policy->slot.name_space != name_space) continue;
    add(use, static_cast<std::uint8_t>(kRouteTable + policy.colour), *hop);
  }
  return use;
}

DesiredFlow route_rule(std::uint8_t table, RegisterBit bit, const Hop& hop) {
  DesiredFlow made;
  made.flow.key = {table, kRoutePriority, {}};
  made.flow.key.match.registers = {{bit.index, bit.mask, bit.mask}};
  const auto add_ports = [&made](std::uint8_t first_register, std::uint64_t bits) {
    for (std::uint8_t half = 0; half < 2; ++half, bits >>= 32) {
      const auto some = static_cast<std::uint32_t>(bits);
      const auto index = static_cast<std::uint8_t>(first_register + half);
      if (some != 0) made.flow.actions.push_back(openflow::LoadRegister{index, some, some});
    }
  };
  add_ports(kPlainOutRegister, hop.plain);
  add_ports(kFabricOutRegister, hop.fabric);
  return made;
}

FlowBlock route_shared_tools(const SwitchView& view) {
  FlowBlock flows;
  for (std::size_t position = 0; position < view.wanted.shared_tools.size(); ++position) {
    const SharedTool& tool = view.wanted.shared_tools[position];
    const auto hop = tool.route->find(view.at);
    if (hop == tool.route->end()) continue;
    flows.push_back(route_rule(shared_tool_table(position), policy_bit(kToolNamespace, tool.bit), hop->second));
  }
  return flows;
}

}  // namespace superspan::fabric::roles
