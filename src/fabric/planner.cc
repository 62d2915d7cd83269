// SPDX-License-Identifier: Apache-2.0
#include "fabric/planner.h"

#include <algorithm>
#include <set>

namespace superspan::fabric {
namespace {

using base::ErrorCode;
using base::Status;

constexpr std::uint32_t kNumberMax = 0xffffff;

Status check_identity(const Policy& policy, std::set<Slot>& slots, std::set<std::uint32_t>& numbers) {
  if (policy.number == 0 || policy.number > kNumberMax || !numbers.insert(policy.number).second) {
    return base::fail(ErrorCode::kInvalid, "policy number " + std::to_string(policy.number) + " is not free",
                      "give each policy its own number from 1 to 16777215", policy.name);
  }
  const bool real = policy.slot.name_space < kPolicyNamespaces && policy.slot.bit < net::kPolicyBits;
  if (!real || !slots.insert(policy.slot).second) {
    return base::fail(ErrorCode::kInvalid,
                      "bit " + std::to_string(policy.slot.bit) + " of namespace " +
                          std::to_string(policy.slot.name_space) + " is not free",
                      "take what choose_slot gives", policy.name);
  }
  return {};
}

}  // namespace

Planner::Planner(const Topology& topology)
    : topology_(topology), maker_(topology), pipeline_(topology, maker_), vlan_(topology, maker_) {}

base::Result<Planner::Placed> Planner::place(const std::vector<Policy>& policies) const {
  Placed placed;
  std::set<Slot> slots;
  std::set<std::uint32_t> numbers;
  for (const Policy& policy : policies) {
    if (const Status status = check_identity(policy, slots, numbers); !status) return std::unexpected(status.error());
    auto one = fabric::place(topology_, std::make_shared<Policy>(policy));
    if (!one) return std::unexpected(one.error());
    if (topology_.encapsulation() == Encapsulation::kVlan) {
      auto warnings = check_for_vlan(topology_, *one);
      if (!warnings) return std::unexpected(warnings.error());
      for (std::string& text : *warnings) placed.warnings.emplace_back(policy.name, std::move(text));
    }
    placed.policies.push_back(std::move(*one));
  }
  std::ranges::sort(placed.policies, {}, &PlacedPolicy::number);
  return placed;
}

base::Result<Wanted> Planner::make(std::span<const PlacedPolicy> classified, std::span<const PlacedPolicy> routed_too,
                                   std::uint32_t epoch) {
  Wanted wanted = maker_.make(classified, routed_too, epoch);
  const Status status =
      topology_.encapsulation() == Encapsulation::kNsh ? pipeline_.check(wanted) : vlan_.prepare(wanted);
  if (!status) return std::unexpected(status.error());
  return wanted;
}

DesiredFlows Planner::flows(const Wanted& wanted, SwitchIndex at) {
  return topology_.encapsulation() == Encapsulation::kNsh ? pipeline_.flows(wanted, at) : vlan_.flows(wanted, at);
}

bool gets_copies(const Wanted& wanted, SwitchIndex at) {
  const auto arrives = [at](const Route& route) {
    const auto hop = route.find(at);
    return hop != route.end() && hop->second.from_core;
  };
  return std::ranges::any_of(wanted.policies, [&](const WantedPolicy& policy) { return arrives(*policy.route); }) ||
         std::ranges::any_of(wanted.shared_tools, [&](const SharedTool& tool) { return arrives(*tool.route); });
}

}  // namespace superspan::fabric
