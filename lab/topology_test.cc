// SPDX-License-Identifier: Apache-2.0
#include "lab/topology.h"

#include <gtest/gtest.h>

namespace superspan::lab {
namespace {

constexpr const char* kSmall = R"(name: small
production: {spines: 1, leaves: 2, hosts_per_leaf: 1, web: [host2]}
taps:
  up1: "leaf1:spine1"
fabric:
  switches: [{name: s1, datapath: "0000000000000001", vlan_limit: 2}]
  taps: [{name: up1, switch: s1, port: 1}]
  tools: [{name: t1, switch: s1, port: 2}]
  nodes: [{name: node1, switch: s1, port: 3}]
  links: []
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  return text.replace(text.find(from), from.size(), to);
}

std::string error_of(const std::string& text) {
  const auto topology = parse_topology(text, "lab.yaml");
  return topology ? "accepted" : base::render(topology.error());
}

TEST(Topology, ASmallOneIsReadInFull) {
  const auto topology = parse_topology(kSmall, "lab.yaml");
  ASSERT_TRUE(topology) << base::render(topology.error());
  EXPECT_EQ(topology->production.hosts(), 2u);
  EXPECT_EQ(topology->production.web, std::vector<unsigned>{2});
  EXPECT_EQ(topology->mirrors.at(0).leaf, "leaf1");
  EXPECT_EQ(topology->switches.at(0).vlan_limit, 2u);
  EXPECT_EQ(topology->nodes.at(0).port, 3u);
}

TEST(Topology, TheBuiltInOnesAreRight) {
  for (const char* name : {"leaf-spine", "one-switch"}) {
    const auto topology = load_topology(name);
    ASSERT_TRUE(topology) << base::render(topology.error());
    EXPECT_EQ(topology->mirrors.size(), 16u);
    EXPECT_EQ(topology->tools.size(), 10u);
    EXPECT_NE(topology->fabric_text.find("datapath"), std::string::npos);
  }
}

TEST(Topology, WrongInputIsRefusedWithPlaceAndRemedy) {
  struct Case {
    const char* why;
    std::string text;
    const char* error;
  };
  const Case cases[] = {
      {"not YAML", "name: [", "lab.yaml:1:1: end of sequence flow not found\nhint: the file must be YAML"},
      {"a typing error in a key", with("spines", "spine"),
       "lab.yaml:2:14: unknown key 'spine'\nhint: known: dns, hosts_per_leaf, iperf3, leaves, spines, web"},
      {"no spine", with("spines: 1", "spines: 0"), "lab.yaml:2:22: spines must be a number from 1 to 8"},
      {"more hosts than addresses", with("leaves: 2, hosts_per_leaf: 1", "leaves: 20, hosts_per_leaf: 20"),
       "lab.yaml:2:13: more than 200 hosts"},
      {"a service on a host that is not there", with("web: [host2]", "web: [host3]"),
       "lab.yaml:2:61: no such host\nhint: hosts are host1 to host2"},
      {"a tap that the fabric does not have", with("up1: ", "up9: "),
       "lab.yaml:4:3: the fabric has no tap 'up9'\nhint: list it under fabric: taps:"},
      {"a mirror of another leaf's host", with("leaf1:spine1", "leaf1:host2"),
       "lab.yaml:4:8: no port 'leaf1:host2' in the production network\nhint: ports are leaf1:spine1 to leaf2:spine1, "
       "and "
       "leafN:hostM for the hosts of leaf N (1 each)"},
      {"a name that no device can have", with("name: t1", "name: a-very-long-tool"),
       "lab.yaml:8:18: 'a-very-long-tool' is longer than 15 characters\nhint: in the lab, names of switches, taps, "
       "tools "
       "and nodes become names of network devices"},
      {"two things on one port", with("switch: s1, port: 3", "switch: s1, port: 2"),
       "lab.yaml:9:11: port 2 of s1 is used twice"},
      {"one name for two things", with("name: node1", "name: t1"), "lab.yaml:9:18: the name 't1' is used twice"},
      {"a switch that is not there", with("switch: s1, port: 2", "switch: s2, port: 2"),
       "lab.yaml:8:11: the fabric has no switch 's2'\nhint: switches are s1"},
  };
  for (const Case& c : cases) EXPECT_EQ(error_of(c.text), c.error) << c.why;
}

TEST(Topology, AnUnknownNameTellsTheBuiltInOnes) {
  const auto topology = load_topology("no-such-lab");
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().code, base::ErrorCode::kNotFound);
  EXPECT_NE(topology.error().hint.find("leaf-spine"), std::string::npos);
}

}  // namespace
}  // namespace superspan::lab
