// SPDX-License-Identifier: Apache-2.0
// Which policies may share a match table: those that never want the same packet, so that the one rule that a table
// finds is all there is to find.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "fabric/placement.h"

namespace superspan::fabric {

// Remembers the answer for pairs of policies, by number, because every commit asks again. Not thread-safe.
class OverlapMemory {
 public:
  // True if the rules of both may stand in one table with any priorities: no packet is wanted by both, and no rule of
  // one takes a packet away from the other.
  [[nodiscard]] bool separate(const PlacedPolicy& left, const PlacedPolicy& right);
  // Forgets pairs that others than `kept` (sorted by number) take part in.
  void keep_only(std::span<const PlacedPolicy> kept);

 private:
  std::unordered_map<std::uint64_t, bool> separate_;  // the greater number in the upper half of the key
};

// A colour for each policy, from 0 up: greedy in the given order, so that a policy added at the end changes no other
// one's. Policies share a colour if they are separate or have no tap in common.
[[nodiscard]] std::vector<unsigned> colour(std::span<const PlacedPolicy> policies, OverlapMemory& memory);

}  // namespace superspan::fabric
