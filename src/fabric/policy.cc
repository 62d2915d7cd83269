// SPDX-License-Identifier: Apache-2.0
#include "fabric/policy.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "fabric/topology.h"

namespace superspan::fabric {
namespace {

std::string_view residual_of(const policy::CompiledPolicy& compiled) {
  return compiled.residual ? std::string_view(compiled.residual->expression) : std::string_view();
}

}  // namespace

policy::CompileOptions compile_options(const Topology& topology) {
  policy::CompileOptions options;
  options.keep_malformed = topology.encapsulation() == Encapsulation::kNsh;
  return options;
}

// Texts can be long and are compared often: mostly they are the same object.
bool same_for_nodes(const Policy& left, const Policy& right) {
  if (&left == &right) return true;
  const auto head = [](const Policy& policy) {
    return std::tie(policy.name, policy.number, policy.slot, policy.from_epoch, policy.record, policy.stream,
                    policy.snaplen, policy.limits, policy.owner, policy.reason, policy.ticket, policy.created);
  };
  if (head(left) != head(right)) return false;
  return left.compiled == right.compiled || (left.compiled->expression == right.compiled->expression &&
                                             residual_of(*left.compiled) == residual_of(*right.compiled));
}

base::Result<Slot> choose_slot(std::span<const Slot> taken, std::optional<Slot> latest) {
  for (std::uint8_t name_space = 0; name_space < kPolicyNamespaces; ++name_space) {
    const unsigned first = latest && latest->name_space == name_space ? latest->bit + 1U : 0U;
    for (unsigned step = 0; step < net::kPolicyBits; ++step) {
      const Slot slot{name_space, static_cast<std::uint8_t>((first + step) % net::kPolicyBits)};
      if (std::ranges::find(taken, slot) == taken.end()) return slot;
    }
  }
  return base::fail(
      base::ErrorCode::kLimit, "all " + std::to_string(kPoliciesMax) + " policy bits are in use",
      "delete a policy (a bit is free again when every switch has confirmed that), or join several into one expression "
      "with `or`");
}

}  // namespace superspan::fabric
