// SPDX-License-Identifier: Apache-2.0
// What a set of policies would need, and what bringing it into force would change; before anything is installed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fabric/desired.h"
#include "fabric/wanted.h"

namespace superspan::fabric {

struct Plan {
  struct Table {
    std::uint8_t table = 0;
    std::size_t flows = 0;  // after the commit
    std::size_t added = 0;
    std::size_t changed = 0;  // same match, other actions
    std::size_t removed = 0;
  };
  struct Hop {
    std::string at;
    std::vector<Table> tables;            // by number; those that hold flows before or after
    std::vector<openflow::FlowMod> mods;  // what a commit sends in the end, adds (also of changed flows), then removals
    [[nodiscard]] Table sum() const;
  };
  struct Link {  // one direction of a core link, or the way to a node or tool
    std::string from;
    std::string to;
    std::vector<std::string> policies;  // each sends at most one copy of a packet here; all together one a namespace
  };
  std::vector<Hop> hops;                                      // in the file's order
  std::vector<Link> links;                                    // that any copy takes, by name
  std::vector<std::pair<std::string, std::string>> warnings;  // policy name, text
};

// `before` and `after`: the flows of each switch, in the file's order.
[[nodiscard]] std::vector<Plan::Hop> plan_hops(const Topology& topology, std::span<const DesiredFlows* const> before,
                                               std::span<const DesiredFlows> after);
[[nodiscard]] std::vector<Plan::Link> plan_links(const Topology& topology, const std::vector<OutPorts>& ports,
                                                 const Wanted& wanted);

}  // namespace superspan::fabric
