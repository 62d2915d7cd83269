// SPDX-License-Identifier: Apache-2.0
#include "fabric/topology.h"

namespace superspan::fabric {
namespace {

template <typename Map, typename Key>
auto lookup(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

const char* to_string(Profile profile) {
  switch (profile) {
    case Profile::kOvs:
      return "ovs";
    case Profile::kOpenflow13:
      return "openflow13";
    case Profile::kOpenflow10:
      return "openflow10";
  }
  return "";
}

const char* to_string(Encapsulation encapsulation) {
  return encapsulation == Encapsulation::kNsh ? "nsh" : "vlan";
}

std::optional<SwitchIndex> Topology::find_switch(std::string_view name) const {
  return lookup(switch_by_name_, name);
}
std::optional<SwitchIndex> Topology::find_switch(openflow::DatapathId datapath) const {
  return lookup(switch_by_datapath_, datapath);
}
std::optional<std::size_t> Topology::find_tap(std::string_view name) const {
  return lookup(tap_by_name_, name);
}
std::optional<Destination> Topology::find_destination(std::string_view name) const {
  return lookup(destination_by_name_, name);
}
std::optional<Topology::PortUse> Topology::port(Attachment where) const {
  return lookup(ports_, where);
}

const Attachment& Topology::where(Destination destination) const {
  return destination.kind == Destination::Kind::kTool ? tools_[destination.index].where
                                                      : nodes_[destination.index].where;
}
const std::string& Topology::name(Destination destination) const {
  return destination.kind == Destination::Kind::kTool ? tools_[destination.index].name : nodes_[destination.index].name;
}

}  // namespace superspan::fabric
