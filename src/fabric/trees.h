// SPDX-License-Identifier: Apache-2.0
// Spanning trees of the fabric. Copies of one namespace travel on one tree, so there is exactly one way from any switch
// to any other, and a switch that never sends a copy back out of the port where it came in makes no loop and no double.
#pragma once

#include <optional>
#include <vector>

#include "fabric/topology.h"

namespace superspan::fabric {

class Tree {
 public:
  // The breadth-first tree from a switch near the middle of the fabric. Different namespaces get different roots where
  // several are equally central, and different ones of parallel links. Depends on the topology alone.
  Tree(const Topology& topology, unsigned name_space);

  // The port of `from` that leads towards `to`; from != to.
  [[nodiscard]] openflow::PortNumber port_towards(SwitchIndex from, SwitchIndex to) const;
  // The neighbour behind that port.
  [[nodiscard]] SwitchIndex next(SwitchIndex from, SwitchIndex to) const;
  // All switches on the way, both ends included.
  [[nodiscard]] std::vector<SwitchIndex> path(SwitchIndex from, SwitchIndex to) const;
  // True if the link that leads from this port to that neighbour is part of the tree: copies come over no other.
  [[nodiscard]] bool is_branch(Attachment here, SwitchIndex neighbour) const {
    return next(here.at, neighbour) == neighbour && port_towards(here.at, neighbour) == here.port;
  }
  [[nodiscard]] SwitchIndex root() const { return root_; }

 private:
  struct Place {  // of a switch in the tree
    SwitchIndex parent = 0;
    unsigned depth = 0;
    openflow::PortNumber up = 0;    // own port towards the parent
    openflow::PortNumber down = 0;  // the parent's port towards this switch
  };
  [[nodiscard]] SwitchIndex child_towards(SwitchIndex from, SwitchIndex to) const;

  SwitchIndex root_ = 0;
  std::vector<Place> places_;
};

// A switch that no links join to the first one.
[[nodiscard]] std::optional<SwitchIndex> first_unreachable(const Topology& topology);

}  // namespace superspan::fabric
