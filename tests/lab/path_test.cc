// SPDX-License-Identifier: Apache-2.0
// The whole path on real switches with real packets: from policies to exactly those packets at tools and in recordings.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

#include "lab/lab.h"
#include "lab/traffic.h"
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

// Generated frames of every kind into four taps on both filter switches, some as if from a spine.
base::Status send_everything(std::uint32_t first, unsigned rounds) {
  struct Place {
    const char* space;
    const char* device;
  };
  for (const Place& place :
       {Place{"ss-host1", "eth0"}, {"ss-host8", "eth0"}, {"ss-spine1", "leaf1"}, {"ss-spine2", "leaf4"}}) {
    const auto sent = lab::send_sample_frames(place.space, place.device, first, rounds, std::chrono::microseconds(300));
    if (!sent) return std::unexpected(sent.error());
    first += rounds;
  }
  return {};
}

void expect_clean(const PolicyCase& policy, const base::Result<witness::Verdict>& verdict, std::uint64_t at_least) {
  ASSERT_TRUE(verdict) << policy.name << ": " << base::render(verdict.error());
  fmt::print("  {}\n", witness::table_row(policy.name, "end", *verdict));
  EXPECT_GE(verdict->offered, at_least) << policy.name;
  EXPECT_TRUE(verdict->clean()) << policy.name << " (" << policy.expression << ")";
  for (const std::string& example : verdict->examples) fmt::print("    {}\n", example);
}

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

TEST(Path, AKilledControllerStopsNoPacketAndRewritesNoFlow) {
  const PolicyCase policy{"all", "", {"leaf1-host1", "leaf4-host8"}, {"t1"}};
  const auto rig = Rig::start("leaf-spine", true);
  ASSERT_TRUE(rig) << base::render(rig.error());
  const auto mods = [&] {
    std::int64_t sum = 0;
    const auto switches = (*rig)->call(Method::kGet, "/v1/switches");
    EXPECT_TRUE(switches) << base::render(switches.error());
    for (const auto& item : switches->at("switches").as_array())
      sum += item.as_object().at("mods").to_number<std::int64_t>();
    return sum;
  };
  const auto synced = [&] {
    const auto health = (*rig)->call(Method::kGet, "/v1/health");
    return health && health->at("switches_synced") == health->at("switches");
  };
  ASSERT_TRUE((*rig)->open_witnesses());
  ASSERT_TRUE((*rig)->apply(policy));
  (*rig)->begin_window();
  ASSERT_TRUE(send_everything(1, 2));
  ASSERT_TRUE((*rig)->kill("superspand"));
  ASSERT_TRUE(send_everything(100, 2));
  ASSERT_TRUE((*rig)->restart("superspand"));
  for (int attempt = 0; attempt < 100 && !synced(); ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_TRUE(synced());
  EXPECT_EQ(mods(), 0) << "the restarted controller changed flows that were right";
  ASSERT_TRUE(send_everything(200, 2));
  (*rig)->close_witnesses();
  expect_clean(policy, (*rig)->judge_tool(policy), 65 * 2 * 3);
  EXPECT_EQ((*rig)->leaking_taps(), std::vector<std::string>());
}

TEST(Path, ARestartedSwitchHasItsFlowsWithinThreeSeconds) {
  const PolicyCase policy{"all", "", {"leaf1-host1"}, {"t1"}};
  const auto rig = Rig::start("leaf-spine", false);
  ASSERT_TRUE(rig) << base::render(rig.error());
  ASSERT_TRUE((*rig)->apply(policy));
  for (const char* name : {"filter1", "mux1", "delivery1"}) {
    ASSERT_TRUE((*rig)->kill(fmt::format("{}/ovs-vswitchd", name)));
    ASSERT_TRUE((*rig)->restart(fmt::format("{}/ovs-vswitchd", name)));
    std::this_thread::sleep_for(std::chrono::seconds(3));
    const auto switches = (*rig)->call(Method::kGet, "/v1/switches");
    ASSERT_TRUE(switches);
    for (const auto& item : switches->at("switches").as_array()) {
      EXPECT_EQ(item.at("state").as_string(), "synced") << item.at("name").as_string() << " after " << name;
    }
  }
  ASSERT_TRUE((*rig)->open_witnesses());
  (*rig)->begin_window();
  ASSERT_TRUE(send_everything(1, 1));
  (*rig)->close_witnesses();
  expect_clean(policy, (*rig)->judge_tool(policy), 65);
}

}  // namespace
}  // namespace superspan::lab_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const char* program : {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3", "tcpdump", "curl", "dig"}) {
    if (geteuid() == 0 && superspan::lab::has_program(program)) continue;
    fmt::print(stderr, "SKIPPED: the lab needs root and the program '{}' (tools/deps.txt)\n", program);
    return 77;
  }
  return RUN_ALL_TESTS();
}
