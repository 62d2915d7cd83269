// SPDX-License-Identifier: Apache-2.0
// From policies to the flows of every switch, for either encapsulation. Keeps what it worked out, so that asking again
// after a small change is cheap. Not thread-safe.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "fabric/desired.h"
#include "fabric/pipeline.h"
#include "fabric/vlan.h"
#include "fabric/wanted.h"

namespace superspan::fabric {

class Planner {
 public:
  explicit Planner(const Topology& topology);  // must outlive the planner

  struct Placed {
    std::vector<PlacedPolicy> policies;                         // by number
    std::vector<std::pair<std::string, std::string>> warnings;  // policy name, text
  };
  // Errors: kInvalid and kLimit; place: the policy's name.
  [[nodiscard]] base::Result<Placed> place(const std::vector<Policy>& policies) const;

  // A version (wanted.h), checked: kLimit if some switch cannot hold it.
  [[nodiscard]] base::Result<Wanted> make(std::span<const PlacedPolicy> classified,
                                          std::span<const PlacedPolicy> routed_too, std::uint32_t epoch);
  // Of a version that make() returned.
  [[nodiscard]] DesiredFlows flows(const Wanted& wanted, SwitchIndex at);
  [[nodiscard]] const std::vector<OutPorts>& ports() const { return maker_.ports(); }

 private:
  const Topology& topology_;
  WantedMaker maker_;
  Pipeline pipeline_;
  VlanPlanner vlan_;
};

// True if copies of any policy come to the switch over links: then bits must be known there before they are first set.
[[nodiscard]] bool gets_copies(const Wanted& wanted, SwitchIndex at);

}  // namespace superspan::fabric
