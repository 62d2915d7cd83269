// SPDX-License-Identifier: Apache-2.0
#include "fabric/colour.h"

#include <algorithm>
#include <set>

namespace superspan::fabric {
namespace {

using policy::CompiledPolicy;
using policy::Rule;

// More pairs of rules than this are not compared one by one; the policies get tables of their own.
constexpr std::size_t kRulePairsMax = 20'000;

bool rules_separate(const CompiledPolicy& left, const CompiledPolicy& right) {
  if (left.rules.size() * right.rules.size() > kRulePairsMax) return false;
  for (const Rule& one : left.rules) {
    for (const Rule& other : right.rules) {
      if (net::intersect(one.match, other.match)) return false;
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

bool OverlapMemory::separate(const std::shared_ptr<const CompiledPolicy>& left,
                             const std::shared_ptr<const CompiledPolicy>& right) {
  if (left == right) return false;
  const Pair pair = left < right ? Pair{left, right} : Pair{right, left};
  const auto known = separate_.find(pair);
  if (known != separate_.end()) return known->second;
  // The diagrams answer quickly for most pairs: most overlap.
  const bool overlap = left->diagram && right->diagram && policy::overlaps(*left->diagram, *right->diagram);
  const bool separate = !overlap && rules_separate(*left, *right);
  separate_.emplace(pair, separate);
  return separate;
}

void OverlapMemory::keep_only(std::span<const PlacedPolicy> kept) {
  std::set<std::shared_ptr<const CompiledPolicy>> alive;
  for (const PlacedPolicy& policy : kept) alive.insert(policy.policy->compiled);
  std::erase_if(separate_, [&alive](const auto& entry) {
    return !alive.contains(entry.first.first) || !alive.contains(entry.first.second);
  });
}

std::vector<unsigned> colour(std::span<const PlacedPolicy> policies, OverlapMemory& memory) {
  std::vector<std::vector<const PlacedPolicy*>> classes;
  std::vector<unsigned> colours;
  for (const PlacedPolicy& policy : policies) {
    const auto fits = [&](const std::vector<const PlacedPolicy*>& members) {
      return std::ranges::all_of(members, [&](const PlacedPolicy* member) {
        return !share_tap(*member, policy) || memory.separate(member->policy->compiled, policy.policy->compiled);
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
