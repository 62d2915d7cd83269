// SPDX-License-Identifier: Apache-2.0
#include "fabric/policy.h"

#include <algorithm>

#include "fabric/topology.h"

namespace superspan::fabric {

policy::CompileOptions compile_options(const Topology& topology) {
  policy::CompileOptions options;
  options.keep_malformed = topology.encapsulation() == Encapsulation::kNsh;
  return options;
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
