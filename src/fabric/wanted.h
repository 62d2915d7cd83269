// SPDX-License-Identifier: Apache-2.0
// One version of what the whole fabric shall do: which policies are classified at the taps and which bits are routed.
// The commit engine goes through several versions (engine.h); in the end all policies are both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "fabric/colour.h"
#include "fabric/placement.h"

namespace superspan::fabric {

struct WantedPolicy {
  PlacedPolicy placed;
  unsigned colour = 0;
  bool classified = true;  // taps set its bit
  std::shared_ptr<const Route> route;

  [[nodiscard]] const Hop* hop(SwitchIndex at) const {
    const auto found = route->find(at);
    return found == route->end() ? nullptr : &found->second;
  }
};

// A tool that gets packets by policies of several namespaces would get a packet once from each. It has a bit of its own
// instead, in the tool namespace: classifying a packet for any of the policies sets it, and it alone leads there.
struct SharedTool {
  std::size_t tool = 0;
  std::uint8_t bit = 0;  // of the tool namespace
  std::shared_ptr<const Route> route;
};

struct VlanPlan;  // vlan.h

struct Wanted {
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> routed_too;          // numbers of the other set that copies may come by
  std::vector<WantedPolicy> policies;             // by number
  std::vector<SharedTool> shared_tools;           // that have routes
  std::map<std::size_t, std::uint8_t> tool_bits;  // that classification sets: tool -> bit
  std::shared_ptr<const VlanPlan> vlan;           // only in fabrics with VLAN encapsulation
};

// The tools that policies of several namespaces lead to, with their bits.
[[nodiscard]] std::map<std::size_t, std::uint8_t> shared_tools(std::span<const PlacedPolicy> policies);

// Turns sets of policies into versions. Keeps trees and what it learned about overlaps. Not thread-safe.
class WantedMaker {
 public:
  explicit WantedMaker(const Topology& topology);  // must outlive this

  // Both sets sorted by number. Classification by `classified`, routes for both: equal sets make a steady version.
  [[nodiscard]] Wanted make(std::span<const PlacedPolicy> classified, std::span<const PlacedPolicy> routed_too,
                            std::uint32_t epoch);
  [[nodiscard]] const std::vector<OutPorts>& ports() const { return ports_; }
  [[nodiscard]] const Tree& tree(unsigned name_space) const { return trees_[name_space]; }

 private:
  using Tools = std::map<std::size_t, std::uint8_t>;
  struct RouteMemory {  // a route depends on nothing else that can change
    std::vector<Destination> destinations;
    std::shared_ptr<const Route> route;
  };
  [[nodiscard]] Tools shared(std::span<const PlacedPolicy> policies) const;
  [[nodiscard]] std::shared_ptr<const Route> route_of(const PlacedPolicy& policy, const Tools& elsewhere);
  [[nodiscard]] std::shared_ptr<const Route> route_to(std::size_t tool, std::span<const WantedPolicy> policies) const;

  const Topology& topology_;
  std::vector<OutPorts> ports_;
  std::vector<Tree> trees_;  // by namespace; with VLAN encapsulation all the same: there are no namespaces
  [[nodiscard]] const std::vector<unsigned>& colours_of(std::span<const PlacedPolicy> policies);

  static constexpr std::size_t kColouringsKept = 8;  // a commit asks for a handful of sets again and again
  OverlapMemory overlaps_;
  std::map<std::vector<std::uint32_t>, std::vector<unsigned>> colourings_;  // by policy numbers
  std::map<std::uint32_t, RouteMemory> routes_;                             // by policy number
};

}  // namespace superspan::fabric
