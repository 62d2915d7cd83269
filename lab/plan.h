// SPDX-License-Identifier: Apache-2.0
// From topology to everything that has to exist: pure values, so that a test can read them.
//
// Addresses   host N        10.1.N.2/24, fd00:1:N::2/64, gateway .1 and ::1 on its leaf
//             leaf L-spine S 10.0.S.(2L)/31 on the spine, 10.0.S.(2L+1)/31 on the leaf; fd00:0:S:L::1 and ::2 /64
//             management    10.213.0.1/24 in the root namespace, switches from 10.213.0.11
// Devices     a production port is named after what it leads to; the fabric's after tap, tool or node; "core49" for
// links;
//             "copyN" on a leaf is where the copies of tap number N leave.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/topology.h"

namespace superspan::lab {

inline constexpr std::string_view kManagementAddress = "10.213.0.1";
inline constexpr std::string_view kManagementDevice = "ss-mgmt";  // in the root namespace
inline constexpr std::string_view kToolsNamespace = "ss-tools";
inline constexpr std::string_view kNodeDevice = "fabric0";  // in a node's namespace

struct Device {
  std::string network_namespace;  // empty: root
  std::string name;
  std::string mac;
  std::vector<std::string> addresses;  // with prefix length
  // Says nothing by itself: no IPv6, no ARP. Whatever passes a quiet device was sent there on purpose.
  bool quiet = false;
};

struct Link {  // a veth pair
  Device left;
  Device right;
  unsigned mtu = 1500;
};

struct PlannedNamespace {
  std::string name;
  std::string about;
  bool router = false;
};

struct PlannedMirror {  // copies what comes in and what goes out of `device` to `copy_device`
  std::string network_namespace;
  std::string device;
  std::string copy_device;
};

struct SwitchPort {
  std::string device;
  unsigned number = 0;  // OpenFlow port
};

struct PlannedSwitch {
  FabricSwitch fabric_switch;
  std::string network_namespace;
  std::vector<SwitchPort> ports;
};

struct Host {
  unsigned number = 0;
  std::string name;
  std::string network_namespace;
  std::string ipv4;
  std::string ipv6;
  std::string mac;
  std::string gateway_mac;  // of its leaf port
};

struct Plan {
  std::vector<PlannedNamespace> namespaces;
  std::vector<Link> links;
  std::map<std::string, std::vector<std::string>>
      routes;  // namespace -> arguments of `ip`, for example "route add ..."
  std::vector<PlannedMirror> mirrors;
  std::vector<PlannedSwitch> switches;
  std::vector<Host> hosts;
  std::vector<Host> web;
  std::vector<Host> dns;
  std::vector<Host> iperf3;
  std::vector<std::string> nodes;  // names; namespace "ss-" + name

  [[nodiscard]] std::vector<std::string> addresses_in(const std::string& network_namespace) const;
};

[[nodiscard]] Plan make_plan(const Topology& topology);

// The hosts as VMs and their services as apps: an inventory file (docs/formats/inventory.md), so that `vm host3` and
// `app web` mean something in the lab.
[[nodiscard]] std::string inventory_text(const Plan& plan);

}  // namespace superspan::lab
