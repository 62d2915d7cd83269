// SPDX-License-Identifier: Apache-2.0
#include "fabric/placement.h"

#include <algorithm>
#include <set>

namespace superspan::fabric {
namespace {

using base::ErrorCode;

std::uint64_t bit_of(const std::vector<openflow::PortNumber>& ports, openflow::PortNumber port) {
  return std::uint64_t{1} << (std::ranges::lower_bound(ports, port) - ports.begin());
}

std::vector<std::size_t> all_taps(const Topology& topology) {
  std::vector<std::size_t> taps(topology.taps().size());
  for (std::size_t index = 0; index < taps.size(); ++index) taps[index] = index;
  return taps;
}

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

base::Result<std::vector<Destination>> destinations_of(const Topology& topology, const Policy& policy) {
  std::vector<Destination> found;
  for (const std::string& name : policy.tools) {
    const auto destination = topology.find_destination(name);
    if (!destination) {
      return base::fail(ErrorCode::kInvalid, "unknown tool or node '" + name + "'",
                        "name tools and nodes of the fabric file; leave `tools` empty for any node", policy.name);
    }
    found.push_back(*destination);
  }
  if (found.empty()) {
    if (topology.nodes().empty()) {
      return base::fail(ErrorCode::kInvalid, "the fabric has no node that could take the copies",
                        "name a tool in `tools`", policy.name);
    }
    found.push_back({Destination::Kind::kNode, policy.number % topology.nodes().size()});
  }
  sort_unique(found);
  return found;
}

}  // namespace

std::vector<OutPorts> out_ports(const Topology& topology) {
  std::vector<OutPorts> ports(topology.switches().size());
  for (const Tool& tool : topology.tools()) ports[tool.where.at].plain.push_back(tool.where.port);
  for (const Node& node : topology.nodes()) ports[node.where.at].fabric.push_back(node.where.port);
  for (const Link& link : topology.links()) {
    ports[link.from.at].fabric.push_back(link.from.port);
    ports[link.to.at].fabric.push_back(link.to.port);
  }
  for (OutPorts& one : ports) {
    std::ranges::sort(one.fabric);
    std::ranges::sort(one.plain);
  }
  return ports;
}

Route route(const Topology& topology, const std::vector<OutPorts>& ports, const Tree& tree,
            std::span<const std::size_t> taps, std::span<const Destination> destinations) {
  Route route;
  std::set<SwitchIndex> sources;
  for (const std::size_t tap : taps) sources.insert(topology.taps()[tap].where.at);
  for (const SwitchIndex source : sources) route[source].from_taps = true;
  if (sources.empty()) return route;
  for (const Destination& destination : destinations) {
    const Attachment& end = topology.where(destination);
    std::set<SwitchIndex> walked;  // from these the way to `end` is known
    for (const SwitchIndex source : sources) {
      for (SwitchIndex at = source; walked.insert(at).second && at != end.at;) {
        route[at].fabric |= bit_of(ports[at].fabric, tree.port_towards(at, end.at));
        at = tree.next(at, end.at);
        route[at].from_core = true;
      }
    }
    Hop& last = route[end.at];
    if (destination.kind == Destination::Kind::kTool) {
      last.plain |= bit_of(ports[end.at].plain, end.port);
    } else {
      last.fabric |= bit_of(ports[end.at].fabric, end.port);
    }
  }
  return route;
}

base::Result<PlacedPolicy> place(const Topology& topology, std::shared_ptr<const Policy> policy) {
  PlacedPolicy placed;
  for (const std::string& name : policy->taps) {
    const auto tap = topology.find_tap(name);
    if (!tap) {
      return base::fail(ErrorCode::kInvalid, "unknown tap '" + name + "'",
                        "name taps of the fabric file; leave `taps` empty for any tap", policy->name);
    }
    placed.taps.push_back(*tap);
  }
  if (placed.taps.empty()) placed.taps = all_taps(topology);
  sort_unique(placed.taps);
  auto destinations = destinations_of(topology, *policy);
  if (!destinations) return std::unexpected(destinations.error());
  placed.destinations = std::move(*destinations);
  for (const Destination& destination : placed.destinations) {
    if (destination.kind == Destination::Kind::kNode && topology.encapsulation() == Encapsulation::kVlan) {
      return base::fail(ErrorCode::kInvalid,
                        "node '" + topology.name(destination) + "' cannot take copies in a fabric of VLAN tags",
                        "name tools only: a VLAN tag does not tell a node tap, epoch and policies", policy->name);
    }
  }
  placed.policy = std::move(policy);
  return placed;
}

LocalTaps local_taps(const Topology& topology, const PlacedPolicy& policy, SwitchIndex at) {
  LocalTaps local;
  for (const std::size_t tap : policy.taps) {
    if (topology.taps()[tap].where.at == at) local.taps.push_back(tap);
  }
  const auto here = std::ranges::count_if(topology.taps(), [at](const Tap& tap) { return tap.where.at == at; });
  local.all = local.taps.size() == static_cast<std::size_t>(here);
  return local;
}

}  // namespace superspan::fabric
