// SPDX-License-Identifier: Apache-2.0
#include "fabric/colour.h"

#include <algorithm>

namespace superspan::fabric {
namespace {

using policy::CompiledPolicy;
using policy::Rule;

// Policies with more pairs of rules than this are not compared, they get tables of their own: there are always enough,
// and comparing long lists would hold up every new policy.
constexpr std::size_t kRulePairsMax = 4'000;

// No packet is in both. As net::intersect says, without making the intersection.
bool disjoint(const net::Cube& left, const net::Cube& right) {
  auto one = left.begin();
  auto other = right.begin();
  while (one != left.end() && other != right.end()) {
    if (one->field < other->field) {
      ++one;
    } else if (other->field < one->field) {
      ++other;
    } else {
      if (((one->value ^ other->value) & one->mask & other->mask) != 0) return true;
      ++one;
      ++other;
    }
  }
  return false;
}

bool rules_separate(const CompiledPolicy& left, const CompiledPolicy& right) {
  for (const Rule& one : left.rules) {
    for (const Rule& other : right.rules) {
      if (!disjoint(one.match, other.match)) return false;
    }
  }
  return true;
}

bool share_tap(const PlacedPolicy& left, const PlacedPolicy& right) {
  auto one = left.taps.begin();
  auto other = right.taps.begin();
  while (one != left.taps.end() && other != right.taps.end()) {
    if (*one == *other) return true;
    if (*one < *other) {
      ++one;
    } else {
      ++other;
    }
  }
  return false;
}

}  // namespace

bool OverlapMemory::separate(const PlacedPolicy& left, const PlacedPolicy& right) {
  const std::uint64_t low = std::min(left.number(), right.number());
  const std::uint64_t high = std::max(left.number(), right.number());
  const auto [known, added] = separate_.try_emplace(high << 32 | low, false);
  if (!added) return known->second;
  const CompiledPolicy& one = *left.policy->compiled;
  const CompiledPolicy& other = *right.policy->compiled;
  if (one.rules.size() * other.rules.size() > kRulePairsMax) return false;
  // The diagrams answer quickly for most pairs: most overlap.
  const bool overlap = one.diagram && other.diagram && policy::overlaps(*one.diagram, *other.diagram);
  known->second = !overlap && rules_separate(one, other);
  return known->second;
}

void OverlapMemory::keep_only(std::span<const PlacedPolicy> kept) {
  const auto has = [kept](std::uint64_t number) {
    return std::ranges::binary_search(kept, static_cast<std::uint32_t>(number), {}, &PlacedPolicy::number);
  };
  std::erase_if(separate_, [&has](const auto& entry) { return !has(entry.first >> 32) || !has(entry.first); });
}

std::vector<unsigned> colour(std::span<const PlacedPolicy> policies, OverlapMemory& memory) {
  std::vector<std::vector<const PlacedPolicy*>> classes;
  std::vector<unsigned> colours;
  for (const PlacedPolicy& policy : policies) {
    const auto fits = [&](const std::vector<const PlacedPolicy*>& members) {
      return std::ranges::all_of(members, [&](const PlacedPolicy* member) {
        return !share_tap(*member, policy) || memory.separate(*member, policy);
      });
    };
    const auto found = std::ranges::find_if(classes, fits);
    colours.push_back(static_cast<unsigned>(found - classes.begin()));
    if (found == classes.end()) {
      classes.push_back({&policy});
    } else {
      found->push_back(&policy);
    }
  }
  return colours;
}

}  // namespace superspan::fabric
