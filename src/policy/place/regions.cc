// SPDX-License-Identifier: Apache-2.0
// All policies of a switch in one table: their diagrams become one diagram whose leaves are sets of policies.
#include <map>
#include <set>

#include "policy/compile.h"
#include "policy/optimize/diagram.h"
#include "policy/optimize/workspace.h"
#include "policy/place/decision_list.h"

namespace superspan::policy {
namespace {

using optimize::kLeafBit;
using optimize::kNo;
using optimize::Reference;
using optimize::Workspace;
using Set = std::vector<std::size_t>;  // sorted

// Numbers sets of policies; 0 is the empty set.
class Sets {
 public:
  std::uint32_t number(const Set& set) {
    const auto [place, added] = numbers_.try_emplace(set, static_cast<std::uint32_t>(sets_.size()));
    if (added) sets_.push_back(set);
    return place->second;
  }
  std::uint32_t join(std::uint32_t left, std::uint32_t right) {
    std::set<std::size_t> both(sets_[left].begin(), sets_[left].end());
    both.insert(sets_[right].begin(), sets_[right].end());
    return number(Set(both.begin(), both.end()));
  }
  const Set& operator[](std::uint32_t number) const { return sets_[number]; }

 private:
  std::vector<Set> sets_ = {{}};
  std::map<Set, std::uint32_t> numbers_ = {{{}, 0}};
};

}  // namespace

bool overlaps(const Diagram& left, const Diagram& right) {
  Workspace workspace;
  const Reference both = workspace.both(workspace.import(left), workspace.import(right));
  return both != kNo || workspace.exhausted();
}

base::Result<std::vector<RegionRule>> regions(std::span<const Diagram* const> diagrams, std::size_t rule_limit) {
  Workspace workspace;
  Sets sets;
  const Workspace::Join join = [&sets](std::uint32_t left, std::uint32_t right) { return sets.join(left, right); };
  std::vector<Reference> parts;
  parts.reserve(diagrams.size());
  for (std::size_t at = 0; at < diagrams.size(); ++at) {
    parts.push_back(workspace.import(*diagrams[at], kLeafBit | sets.number({at})));
  }
  while (parts.size() > 1) {
    std::vector<Reference> merged;
    for (std::size_t at = 0; at < parts.size(); at += 2) {
      merged.push_back(at + 1 < parts.size() ? workspace.merge(parts[at], parts[at + 1], join) : parts[at]);
    }
    parts = std::move(merged);
  }
  if (parts.empty()) return std::vector<RegionRule>{};
  auto entries = place::decision_list(workspace, {parts.front(), place::Leaves::kSets, rule_limit, {}});
  if (!entries) return std::unexpected(entries.error());
  std::vector<RegionRule> rules;
  rules.reserve(entries->size());
  for (place::Entry& entry : *entries) rules.push_back({std::move(entry.match), sets[entry.leaf]});
  return rules;
}

}  // namespace superspan::policy
