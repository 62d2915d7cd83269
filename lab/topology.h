// SPDX-License-Identifier: Apache-2.0
// The lab's topology file: how large the production network is, which hosts serve what, which of its ports are tapped,
// and the monitoring fabric beside it.
//
//   name: leaf-spine
//   production:
//     {spines: 2, leaves: 4, hosts_per_leaf: 2, web: [host3], dns: [host5], iperf3: [host8]}
//   taps:                          # tap of the fabric: port of the production network; both directions are copied
//     leaf1-spine1: "leaf1:spine1"
//   fabric: ...                    # the fabric file of superspand, word for word (docs of fabric/topology)
//
// Production names are given: spine1.., leaf1.., host1.. (numbered over all leaves); a port is named after what it
// leads to. Only a leaf has ports that can be tapped. Names of switches, taps, tools and nodes become names of network
// devices here, so they have at most 15 characters.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::lab {

// The copy of the topology file in the run directory of a lab: as up() read it.
inline constexpr const char* kTopologyFile = "topology.yaml";

struct Production {
  unsigned spines = 0;
  unsigned leaves = 0;
  unsigned hosts_per_leaf = 0;
  std::vector<unsigned> web;  // host numbers, from 1
  std::vector<unsigned> dns;
  std::vector<unsigned> iperf3;
  [[nodiscard]] unsigned hosts() const { return leaves * hosts_per_leaf; }
};

struct FabricSwitch {
  std::string name;
  std::string datapath;  // 16 hex digits
  unsigned vlan_limit = 1;
};

struct FabricPort {  // one end: a port of a switch, and what is there
  std::string name;
  std::string switch_name;
  unsigned port = 0;
};

struct FabricLink {
  FabricPort from;
  FabricPort to;
};

struct Mirror {  // a production port that a tap copies
  std::string tap;
  std::string leaf;  // "leaf1"
  std::string port;  // "spine1" or "host2"
};

struct Topology {
  std::string name;
  Production production;
  std::vector<Mirror> mirrors;
  std::vector<FabricSwitch> switches;
  std::vector<FabricPort> taps;
  std::vector<FabricPort> tools;
  std::vector<FabricPort> nodes;
  std::vector<FabricLink> links;
  std::string text;         // the whole file
  std::string fabric_text;  // the fabric section as a file for superspand
};

// Errors are kInvalid with place "NAME:LINE:COLUMN" and a hint.
[[nodiscard]] base::Result<Topology> parse_topology(std::string_view text, const std::string& file_name);

// A built-in name or a path. kNotFound lists the built-in names.
[[nodiscard]] base::Result<Topology> load_topology(const std::string& name_or_path);

}  // namespace superspan::lab
