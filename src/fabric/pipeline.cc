// SPDX-License-Identifier: Apache-2.0
#include "fabric/pipeline.h"

#include <algorithm>
#include <set>

#include "fabric/roles/roles.h"

namespace superspan::fabric {
namespace {

using base::ErrorCode;
using base::Status;

constexpr unsigned kRegisterBits = 32;

RegisterBit at_bit(unsigned first_register, unsigned bit) {
  return {static_cast<std::uint8_t>(first_register + bit / kRegisterBits), 1U << bit % kRegisterBits};
}

// The actions that set the bit of the policy, and those of the shared tools that it leads to.
std::vector<openflow::Action> set_bits(const Wanted& wanted, const PlacedPolicy& policy) {
  std::map<std::uint8_t, std::uint32_t> registers;
  const auto add = [&registers](RegisterBit bit) { registers[bit.index] |= bit.mask; };
  add(policy_bit(policy.policy->slot.name_space, policy.policy->slot.bit));
  for (const Destination& destination : policy.destinations) {
    if (destination.kind != Destination::Kind::kTool) continue;
    const auto shared = wanted.tool_bits.find(destination.index);
    if (shared != wanted.tool_bits.end()) add(policy_bit(kToolNamespace, shared->second));
  }
  std::vector<openflow::Action> actions;
  actions.reserve(registers.size());
  for (const auto& [index, bits] : registers) actions.push_back(openflow::LoadRegister{index, bits, bits});
  return actions;
}

// From the flow's own key, so that one flow more or less does not renumber the others.
std::uint64_t infrastructure_cookie(Stage stage, const openflow::FlowKey& key) {
  const unsigned index = key.match.in_port.value_or(key.table << 8U | key.priority);
  return Cookie{0, stage, static_cast<std::uint16_t>(index)}.value();
}

}  // namespace

RegisterBit policy_bit(unsigned name_space, unsigned bit) {
  return at_bit(2 * name_space, bit);
}
RegisterBit plain_bit(unsigned bit) {
  return at_bit(kPlainOutRegister, bit);
}
RegisterBit fabric_bit(unsigned bit) {
  return at_bit(kFabricOutRegister, bit);
}

std::uint8_t route_table(unsigned name_space, unsigned bit) {
  return static_cast<std::uint8_t>(kRouteTable + 2 * name_space + bit / kRegisterBits);
}

Status Pipeline::check(const Wanted& wanted) const {
  for (const WantedPolicy& policy : wanted.policies) {
    const std::string& name = policy.placed.policy->name;
    if (policy.placed.policy->compiled->rules.size() > kRulesMax) {
      return base::fail(ErrorCode::kLimit,
                        "policy '" + name + "' needs more than " + std::to_string(kRulesMax) + " rules",
                        "write a narrower expression", name);
    }
  }
  std::set<std::uint8_t> bits;
  for (const SharedTool& tool : wanted.shared_tools) {
    if (bits.insert(tool.bit).second) continue;
    return base::fail(ErrorCode::kLimit,
                      "tool '" + topology_.tools()[tool.tool].name + "' cannot take policies of several namespaces",
                      "use at most 64 policies, or at most 64 tools", topology_.tools()[tool.tool].name);
  }
  return {};
}

std::shared_ptr<const FlowBlock> Pipeline::match_block(const Wanted& wanted, const WantedPolicy& policy,
                                                       SwitchIndex at) {
  const LocalTaps local = local_taps(topology_, policy.placed, at);
  MatchInputs inputs{policy.placed.policy->compiled, policy.colour, {}, set_bits(wanted, policy.placed)};
  if (!local.all) {
    for (const std::size_t tap : local.taps) inputs.ports.push_back(topology_.taps()[tap].where.port);
  }
  auto& remembered = matches_[{at, policy.placed.number()}];
  if (!remembered.block || !(remembered.inputs == inputs)) {
    remembered.block = std::make_shared<FlowBlock>(
        roles::match_rules(*inputs.compiled, policy.placed.number(), inputs.colour, inputs.ports, inputs.set_bits));
    remembered.inputs = std::move(inputs);
  }
  return remembered.block;
}

std::shared_ptr<const FlowBlock> Pipeline::route_block(const WantedPolicy& policy, SwitchIndex at, const Hop& hop) {
  const RouteInputs inputs{policy.placed.policy->slot, hop};
  auto& remembered = routes_[{at, policy.placed.number()}];
  if (!remembered.block || !(remembered.inputs == inputs)) {
    const std::uint32_t number = policy.placed.number();
    DesiredFlow flow = roles::route_rule(inputs.slot.name_space, inputs.slot.bit, hop);
    flow.flow.cookie = Cookie{number, Stage::kRoute, 0}.value();
    flow.counts = {number};
    flow.hop = true;
    remembered.block = std::make_shared<FlowBlock>(FlowBlock{std::move(flow)});
    remembered.inputs = inputs;
  }
  return remembered.block;
}

DesiredFlows Pipeline::flows(const Wanted& wanted, SwitchIndex at) {
  DesiredFlows desired;
  const auto forget = [&wanted, at](auto& memory) {
    std::erase_if(memory, [&](const auto& entry) {
      return entry.first.first == at &&
             !std::ranges::binary_search(wanted.policies, entry.first.second, {},
                                         [](const WantedPolicy& policy) { return policy.placed.number(); });
    });
  };
  forget(matches_);
  forget(routes_);
  for (const WantedPolicy& policy : wanted.policies) {
    const Hop* const hop = policy.hop(at);
    if (hop == nullptr) continue;
    const std::uint32_t number = policy.placed.number();
    if (policy.classified && hop->from_taps) desired.set({number, Stage::kMatch}, match_block(wanted, policy, at));
    desired.set({number, Stage::kRoute}, route_block(policy, at, *hop));
  }
  const roles::SwitchView view{topology_, maker_, wanted, at};
  const auto infrastructure = [&desired](Stage stage, FlowBlock flows) {
    for (DesiredFlow& made : flows) made.flow.cookie = infrastructure_cookie(stage, made.flow.key);
    if (!flows.empty()) desired.set({0, stage}, std::make_shared<FlowBlock>(std::move(flows)));
  };
  infrastructure(Stage::kClassify, roles::classify(view));
  infrastructure(Stage::kEncap, roles::encapsulate(view));
  infrastructure(Stage::kRoute, roles::route_shared_tools(view));
  infrastructure(Stage::kOutput, roles::output(view));
  return desired;
}

}  // namespace superspan::fabric
