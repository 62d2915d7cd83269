// SPDX-License-Identifier: Apache-2.0
#include "lab/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace superspan::lab {
namespace {

Plan plan_of(const char* name) {
  const auto topology = load_topology(name);
  EXPECT_TRUE(topology);
  return make_plan(*topology);
}

TEST(Plan, LeafSpineHasTheNamespacesOfTheDesign) {
  const Plan plan = plan_of("leaf-spine");
  std::set<std::string> names;
  for (const auto& item : plan.namespaces) EXPECT_TRUE(names.insert(item.name).second) << item.name;
  EXPECT_EQ(names.size(), 2u + 4 + 8 + 4 + 1 + 1 + 1);  // spines, leaves, hosts, switches, tools, node, management
  for (const char* name :
       {"ss-spine2", "ss-leaf4", "ss-host8", "ss-filter2", "ss-mux1", "ss-delivery1", "ss-tools", "ss-node1"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Plan, HostsAndServicesAreNamesInExpressions) {
  const std::string text = inventory_text(plan_of("leaf-spine"));
  EXPECT_TRUE(text.contains("\nvms:\n  - {name: host1, addresses: [\"")) << text;
  EXPECT_TRUE(text.contains("\", 10.1.1.2, \"fd00:1:1::2\"]}\n")) << text;
  EXPECT_TRUE(text.contains("\napps:\n  - {name: web, services: [tcp/80], members: [host3, host7]}\n")) << text;
}

TEST(Plan, NoDeviceNameAddressOrMacIsThereTwice) {
  for (const char* name : {"leaf-spine", "one-switch"}) {
    std::set<std::string> seen;
    for (const Link& link : plan_of(name).links) {
      for (const Device* device : {&link.left, &link.right}) {
        EXPECT_LE(device->name.size(), 15u) << device->name;
        EXPECT_TRUE(seen.insert(device->network_namespace + "/" + device->name).second)
            << device->network_namespace << device->name;
        EXPECT_TRUE(seen.insert(device->mac).second) << device->mac;
        for (const auto& address : device->addresses) EXPECT_TRUE(seen.insert(address).second) << address;
      }
    }
  }
}

TEST(Plan, LeavesUseAllSpines) {
  const auto routes = plan_of("leaf-spine").routes.at("ss-leaf3");
  EXPECT_EQ(routes.at(0), "route add default nexthop via 10.0.1.6 dev spine1 nexthop via 10.0.2.6 dev spine2");
  EXPECT_EQ(routes.at(1),
            "route add default nexthop via fd00:0:1:3::1 dev spine1 nexthop via fd00:0:2:3::1 dev spine2");
}

TEST(Plan, WhateverLeadsIntoTheFabricIsQuietAndHasRoomForTheHeader) {
  for (const Link& link : plan_of("leaf-spine").links) {
    if (!link.left.quiet || !link.right.quiet) continue;
    EXPECT_TRUE(link.left.addresses.empty() && link.right.addresses.empty()) << link.left.name;
    EXPECT_GE(link.mtu, 1500u + 4 + 4 + 38) << link.left.name;
  }
}

TEST(Plan, EachTapIsFedByTheProductionPortOfItsName) {
  const Plan plan = plan_of("one-switch");
  ASSERT_EQ(plan.mirrors.size(), 16u);
  EXPECT_EQ(plan.mirrors[0].network_namespace, "ss-leaf1");
  EXPECT_EQ(plan.mirrors[0].device, "spine1");
  const auto feeds = [&](const Link& link) {
    return link.right.network_namespace == "ss-leaf1" && link.right.name == plan.mirrors[0].copy_device;
  };
  const auto link = std::ranges::find_if(plan.links, feeds);
  ASSERT_NE(link, plan.links.end());
  EXPECT_EQ(link->left.network_namespace, "ss-switch1");
  EXPECT_EQ(link->left.name, "leaf1-spine1");
}

}  // namespace
}  // namespace superspan::lab
