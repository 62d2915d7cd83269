// SPDX-License-Identifier: Apache-2.0
#include "fabric/wanted.h"

#include <algorithm>

namespace superspan::fabric {
namespace {

std::vector<PlacedPolicy> join(std::span<const PlacedPolicy> left, std::span<const PlacedPolicy> right) {
  std::vector<PlacedPolicy> both;
  std::ranges::set_union(left, right, std::back_inserter(both), {}, &PlacedPolicy::number, &PlacedPolicy::number);
  return both;
}

bool has(std::span<const PlacedPolicy> policies, std::uint32_t number) {
  return std::ranges::binary_search(policies, number, {}, &PlacedPolicy::number);
}

bool leads_to(const PlacedPolicy& policy, std::size_t tool) {
  return std::ranges::binary_search(policy.destinations, Destination{Destination::Kind::kTool, tool});
}

}  // namespace

std::map<std::size_t, std::uint8_t> shared_tools(std::span<const PlacedPolicy> policies) {
  std::map<std::size_t, std::set<unsigned>> namespaces;
  for (const PlacedPolicy& policy : policies) {
    for (const Destination& destination : policy.destinations) {
      if (destination.kind != Destination::Kind::kTool) continue;
      namespaces[destination.index].insert(policy.policy->slot.name_space);
    }
  }
  std::map<std::size_t, std::uint8_t> shared;
  for (const auto& [tool, from] : namespaces) {
    // The bit follows from the tool alone, so that it never changes its meaning while the fabric file stays.
    if (from.size() > 1) shared.emplace(tool, static_cast<std::uint8_t>(tool % net::kPolicyBits));
  }
  return shared;
}

WantedMaker::WantedMaker(const Topology& topology) : topology_(topology), ports_(out_ports(topology)) {
  const bool many = topology.encapsulation() == Encapsulation::kNsh;
  for (unsigned name_space = 0; name_space <= kToolNamespace; ++name_space) {
    trees_.emplace_back(topology, many ? name_space : 0);
  }
}

WantedMaker::Tools WantedMaker::shared(std::span<const PlacedPolicy> policies) const {
  return topology_.encapsulation() == Encapsulation::kNsh ? shared_tools(policies) : Tools{};
}

// The route of a policy's own bit: to all destinations but those that a tool bit leads to.
std::shared_ptr<const Route> WantedMaker::route_of(const PlacedPolicy& policy, const Tools& elsewhere) {
  std::vector<Destination> destinations;
  for (const Destination& destination : policy.destinations) {
    const bool shared = destination.kind == Destination::Kind::kTool && elsewhere.contains(destination.index);
    if (!shared) destinations.push_back(destination);
  }
  RouteMemory& memory = routes_[policy.number()];
  if (!memory.route || memory.destinations != destinations) {
    const Tree& tree = trees_[policy.policy->slot.name_space];
    memory.route = std::make_shared<Route>(route(topology_, ports_, tree, policy.taps, destinations));
    memory.destinations = std::move(destinations);
  }
  return memory.route;
}

std::shared_ptr<const Route> WantedMaker::route_to(std::size_t tool, std::span<const WantedPolicy> policies) const {
  std::set<std::size_t> taps;
  for (const WantedPolicy& policy : policies) {
    if (leads_to(policy.placed, tool)) taps.insert(policy.placed.taps.begin(), policy.placed.taps.end());
  }
  const std::vector<std::size_t> sources(taps.begin(), taps.end());
  const Destination end{Destination::Kind::kTool, tool};
  return std::make_shared<Route>(route(topology_, ports_, trees_[kToolNamespace], sources, std::span(&end, 1)));
}

const std::vector<unsigned>& WantedMaker::colours_of(std::span<const PlacedPolicy> policies) {
  std::vector<std::uint32_t> numbers;
  for (const PlacedPolicy& policy : policies) numbers.push_back(policy.number());
  const auto known = colourings_.find(numbers);
  if (known != colourings_.end()) return known->second;
  if (colourings_.size() >= kColouringsKept) {
    colourings_.clear();
    overlaps_.keep_only(policies);
  }
  return colourings_.emplace(std::move(numbers), colour(policies, overlaps_)).first->second;
}

Wanted WantedMaker::make(std::span<const PlacedPolicy> classified, std::span<const PlacedPolicy> routed_too,
                         std::uint32_t epoch) {
  Wanted wanted;
  wanted.epoch = epoch;
  for (const PlacedPolicy& policy : routed_too) wanted.routed_too.push_back(policy.number());
  wanted.tool_bits = shared(classified);
  const Tools before = shared(routed_too);
  Tools routed = before;
  routed.insert(wanted.tool_bits.begin(), wanted.tool_bits.end());
  // Copies under way may still rely on a policy's own bit unless both sets agree that the tool is shared.
  Tools elsewhere = wanted.tool_bits;
  std::erase_if(elsewhere, [&before](const auto& tool) { return !before.contains(tool.first); });

  std::vector<PlacedPolicy> all = join(classified, routed_too);
  const std::vector<unsigned>& colours = colours_of(all);
  std::erase_if(routes_, [&all](const auto& entry) { return !has(all, entry.first); });
  for (std::size_t index = 0; index < all.size(); ++index) {
    const bool at_taps = has(classified, all[index].number());
    auto way = route_of(all[index], elsewhere);
    wanted.policies.push_back({std::move(all[index]), colours[index], at_taps, std::move(way)});
  }
  for (const auto& [tool, bit] : routed) {
    wanted.shared_tools.push_back({tool, bit, route_to(tool, wanted.policies)});
  }
  return wanted;
}

}  // namespace superspan::fabric
