// SPDX-License-Identifier: Apache-2.0
// The whole path on real switches with real packets: from policies to exactly those packets at tools and in recordings.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "lab/testing.h"
#include "tests/lab/rig.h"

namespace superspan::lab_test {
namespace {

using http::Method;

// Overlapping in every way: the same, nested, crossing, disjoint; any tap and named taps.
const std::vector<PolicyCase> kTen = {
    {"dns", "udp port 53", {}, {"t1"}},
    {"dns-again", "udp port 53", {}, {"t2"}},
    {"udp4", "ip and udp", {}, {"t3"}},
    {"web-or-dns", "tcp port 80 or udp port 53", {}, {"t4"}},
    {"host1", "host 10.1.1.2", {"leaf1-host1"}, {"t5"}},
    {"vlan", "vlan 100", {}, {"t6"}},
    {"vlan-web", "vlan 100 and tcp port 443", {}, {"t7"}},
    {"all-of-two", "", {"leaf1-spine1", "leaf4-host8"}, {"t8"}},
    {"not-ip", "not ip", {"leaf1-host1", "leaf1-spine1", "leaf4-host8"}, {"t9"}},
    {"from-host1", "src net 10.1.1.0/24 and not arp and not port 80", {"leaf1-host1", "leaf4-spine2"}, {"t10"}},
};

// What the API announces that the rules of a policy let through beyond its expression.
std::size_t overmatches(Rig& rig, const PolicyCase& policy) {
  const auto answer = rig.call(Method::kGet, "/v1/policies/" + policy.name);
  EXPECT_TRUE(answer) << base::render(answer.error());
  return answer ? answer->at("overmatches").as_array().size() : 0;
}

void expect_exact_tools(const std::string& topology) {
  const auto rig = Rig::start(topology, true);
  ASSERT_TRUE(rig) << base::render(rig.error());
  ASSERT_TRUE((*rig)->open_witnesses());
  for (const PolicyCase& policy : kTen) {
    const auto applied = (*rig)->apply(policy);
    ASSERT_TRUE(applied) << base::render(applied.error());
  }
  (*rig)->begin_window();
  const auto sent = send_everything(1, 3);
  ASSERT_TRUE(sent) << base::render(sent.error());
  std::this_thread::sleep_for(std::chrono::seconds(4));  // more than one round of the real traffic
  (*rig)->close_witnesses();
  fmt::print("  {}\n", witness::table_header());
  for (const PolicyCase& policy : kTen) expect_clean(policy, (*rig)->judge_tool(policy), 10);
  EXPECT_EQ((*rig)->leaking_taps(), std::vector<std::string>());
}

TEST(Path, TenOverlappingPoliciesEachGetExactlyTheirPackets) {
  expect_exact_tools("leaf-spine");
}

TEST(Path, OneSwitchInAllRolesDoesTheSame) {
  expect_exact_tools("one-switch");
}

// Behind two tags, and behind the headers of a later IPv6 fragment, no switch here can look; the node does the rest.
TEST(Path, RecordingsOfANodeAreExactWhereSwitchesCannotBe) {
  const PolicyCase wide{"tcp-to-tool", "tcp", {"leaf1-host1"}, {"t1"}};
  const std::vector<PolicyCase> policies = {
      {"inner-dns", "vlan and vlan and udp port 53", {}, {"node1"}, true},
      {"tcp", "tcp", {}, {"node1"}, true},
      {"web", "tcp port 80", {"leaf2-host3", "leaf4-host7"}, {"node1"}, true},
  };
  const auto rig = Rig::start("leaf-spine", true);
  ASSERT_TRUE(rig) << base::render(rig.error());
  ASSERT_TRUE((*rig)->open_witnesses());
  for (const PolicyCase& policy : policies) {
    const auto applied = (*rig)->apply(policy);
    ASSERT_TRUE(applied) << base::render(applied.error());
  }
  ASSERT_TRUE((*rig)->apply(wide));
  (*rig)->begin_window();
  ASSERT_TRUE(send_everything(1, 3));
  std::this_thread::sleep_for(std::chrono::seconds(4));
  (*rig)->close_witnesses();
  EXPECT_EQ((*rig)->leaking_taps(), std::vector<std::string>());
  // A tool port behind the same switches gets all that it shall, and what it gets too much was announced.
  EXPECT_GT(overmatches(**rig, wide), 0u);
  const auto verdict = (*rig)->judge_tool(wide);
  ASSERT_TRUE(verdict) << base::render(verdict.error());
  EXPECT_EQ(verdict->missing + verdict->doubled, 0u);
  EXPECT_GT(verdict->foreign, 0u);
  for (const PolicyCase& policy : policies) ASSERT_TRUE((*rig)->remove(policy.name));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // a node closes its files 200 ms later
  fmt::print("  {}\n", witness::table_header());
  for (const PolicyCase& policy : policies) {
    std::vector<std::string> files;
    for (const auto& file : (*rig)->recordings("node1")) {
      if (file.find("/" + policy.name + "-") != std::string::npos) files.push_back(file);
    }
    EXPECT_FALSE(files.empty()) << policy.name;
    expect_clean(policy, (*rig)->judge_files(policy, files), 5);
  }
}

}  // namespace
}  // namespace superspan::lab_test

int main(int argc, char** argv) {
  return superspan::lab::test::run_lab_tests(
      argc, argv, {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3", "tcpdump", "curl", "dig"});
}
