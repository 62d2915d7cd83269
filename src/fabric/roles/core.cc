// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/roles/roles.h"

namespace superspan::fabric::roles {
namespace {

constexpr std::uint16_t kFirstRoutePriority = 100;

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

NamespaceUse use_of(const SwitchView& view, unsigned name_space) {
  NamespaceUse use;
  if (name_space == kToolNamespace) {
    for (const SharedTool& tool : view.wanted.shared_tools) {
      const auto hop = tool.route->find(view.at);
      if (hop != tool.route->end()) add(use, route_table(kToolNamespace, tool.bit), hop->second);
    }
    return use;
  }
  for (const WantedPolicy& policy : view.wanted.policies) {
    const Hop* const hop = policy.hop(view.at);
    const Slot slot = policy.placed.policy->slot;
    if (hop != nullptr && slot.name_space == name_space) add(use, route_table(name_space, slot.bit), *hop);
  }
  return use;
}

DesiredFlow route_rule(unsigned name_space, unsigned bit, const Hop& hop) {
  const RegisterBit wanted = policy_bit(name_space, bit);
  const RegisterBit routed = {static_cast<std::uint8_t>(kRoutedRegister + bit / 32), wanted.mask};
  const std::uint8_t table = route_table(name_space, bit);
  DesiredFlow made;
  made.flow.key = {table, static_cast<std::uint16_t>(kFirstRoutePriority - bit % 32), {}};
  made.flow.key.match.registers = {{wanted.index, wanted.mask, wanted.mask}, {routed.index, 0, routed.mask}};
  const auto add_ports = [&made](std::uint8_t first_register, std::uint64_t bits) {
    for (std::uint8_t half = 0; half < 2; ++half, bits >>= 32) {
      const auto some = static_cast<std::uint32_t>(bits);
      const auto index = static_cast<std::uint8_t>(first_register + half);
      if (some != 0) made.flow.actions.push_back(openflow::LoadRegister{index, some, some});
    }
  };
  add_ports(kPlainOutRegister, hop.plain);
  add_ports(kFabricOutRegister, hop.fabric);
  made.flow.actions.push_back(openflow::LoadRegister{routed.index, routed.mask, routed.mask});
  made.flow.actions.push_back(openflow::Resubmit{table});
  return made;
}

FlowBlock route_shared_tools(const SwitchView& view) {
  FlowBlock flows;
  for (const SharedTool& tool : view.wanted.shared_tools) {
    const auto hop = tool.route->find(view.at);
    if (hop != tool.route->end()) flows.push_back(route_rule(kToolNamespace, tool.bit, hop->second));
  }
  return flows;
}

}  // namespace superspan::fabric::roles
