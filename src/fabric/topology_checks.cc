// SPDX-License-Identifier: Apache-2.0
// What must hold for the fabric as a whole, after every part of the file was read.
#include <map>

#include "fabric/topology_reader.h"
#include "fabric/trees.h"

namespace superspan::fabric {
namespace {

using base::Status;

constexpr std::size_t kPortsMax = 64;  // of each kind on one switch: as many as the pipeline has out-port bits

}  // namespace

Status TopologyReader::check_tap_ids(const YAML::Node& root) const {
  std::map<std::uint32_t, std::size_t> seen;
  for (std::size_t index = 0; index < topology_.taps_.size(); ++index) {
    const Tap& tap = topology_.taps_[index];
    const auto [other, added] = seen.emplace(tap.id, index);
    if (added) continue;
    const YAML::Node node = root["taps"][index];
    return wrong(node["id"] ? node["id"] : node,
                 "tap '" + tap.name + "' has id " + std::to_string(tap.id) + ", as tap '" +
                     topology_.taps_[other->second].name + "' has",
                 "an id is its position in the list unless given; give each tap its own `id`");
  }
  return {};
}

Status TopologyReader::check_encapsulation(const YAML::Node& root) const {
  const bool nsh = topology_.encapsulation_ == Encapsulation::kNsh;
  for (SwitchIndex index = 0; index < topology_.switches_.size(); ++index) {
    const Switch& one = topology_.switches_[index];
    const YAML::Node node = root["switches"][index];
    if (nsh && one.profile != Profile::kOvs) {
      return wrong(node["profile"], "switch '" + one.name + "' cannot carry copies in NSH",
                   "write `encapsulation: vlan`, or use profile ovs on every switch");
    }
    if (one.vlan_limit != 1) {
      return wrong(node["vlan_limit"], "policies are compiled for switches that look behind one VLAN tag",
                   "write `vlan_limit: 1`, and set other_config:vlan-limit=1 (its default) in the switch");
    }
  }
  return {};
}

Status TopologyReader::check_port_counts(const YAML::Node& root) const {
  std::map<SwitchIndex, std::size_t> fabric;
  std::map<SwitchIndex, std::size_t> plain;
  for (const auto& [where, use] : topology_.ports_) {
    if (use.role == Topology::PortRole::kTap) continue;
    std::size_t& count = use.role == Topology::PortRole::kTool ? plain[where.at] : fabric[where.at];
    if (++count <= kPortsMax) continue;
    return wrong(root["switches"][where.at],
                 "switch '" + topology_.switches_[where.at].name + "' has more than " + std::to_string(kPortsMax) +
                     (use.role == Topology::PortRole::kTool ? " tools" : " links and nodes"),
                 "spread them over more switches");
  }
  return {};
}

Status TopologyReader::check_connected(const YAML::Node& root) const {
  const auto lonely = first_unreachable(topology_);
  if (!lonely) return {};
  return wrong(root["switches"][*lonely]["name"],
               "no links lead from switch '" + topology_.switches_[0].name + "' to switch '" +
                   topology_.switches_[*lonely].name + "'",
               "add the missing entries under `links`");
}

}  // namespace superspan::fabric
