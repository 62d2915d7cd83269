// SPDX-License-Identifier: Apache-2.0
// Where policies live in the fabric: taps and destinations as indices, the way of their copies over every switch.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "fabric/policy.h"
#include "fabric/topology.h"
#include "fabric/trees.h"

namespace superspan::fabric {

// The ports of a switch that copies leave by, in port order. A position here is the port's bit in an out-port set.
struct OutPorts {
  std::vector<openflow::PortNumber> fabric;  // links and nodes: copies keep the fabric header
  std::vector<openflow::PortNumber> plain;   // tools: copies leave as plain frames
};
[[nodiscard]] std::vector<OutPorts> out_ports(const Topology& topology);

// What one switch does with the copies of one policy.
struct Hop {
  std::uint64_t fabric = 0;  // bits of OutPorts::fabric
  std::uint64_t plain = 0;   // bits of OutPorts::plain
  bool from_taps = false;    // copies start here
  bool from_core = false;    // copies come in over links
  friend bool operator==(const Hop&, const Hop&) = default;
};
using Route = std::map<SwitchIndex, Hop>;  // only switches that copies pass

// The copies of `taps` to all of `destinations` over the tree.
[[nodiscard]] Route route(const Topology& topology, const std::vector<OutPorts>& ports, const Tree& tree,
                          std::span<const std::size_t> taps, std::span<const Destination> destinations);

// A policy with its names resolved.
struct PlacedPolicy {
  std::shared_ptr<const Policy> policy;
  std::vector<std::size_t> taps;  // sorted; of an any-tap policy: all
  std::vector<Destination> destinations;
  [[nodiscard]] std::uint32_t number() const { return policy->number; }
};

// Errors (place: the policy's name): kInvalid for an unknown tap or destination, and for a node where the fabric
// carries no NSH: a node cannot tell what a plain frame is wanted for.
[[nodiscard]] base::Result<PlacedPolicy> place(const Topology& topology, std::shared_ptr<const Policy> policy);

// The taps of the policy on one switch, and whether those are all taps there.
struct LocalTaps {
  std::vector<std::size_t> taps;
  bool all = false;
};
[[nodiscard]] LocalTaps local_taps(const Topology& topology, const PlacedPolicy& policy, SwitchIndex at);

}  // namespace superspan::fabric
