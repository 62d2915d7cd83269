// SPDX-License-Identifier: Apache-2.0
// The ten policies on real Open vSwitch, frame by frame against the simulator.
#include <gtest/gtest.h>

#include "fabric/planner.h"
#include "fabric/reconcile.h"
#include "fabric/testing/ovs_lab.h"
#include "fabric/testing/switch_client.h"
#include "fabric/testing/ten_policies.h"
#include "net/nsh.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

// Frames that are not the fabric's usual food.
std::vector<base::Bytes> odd_frames() {
  std::vector<base::Bytes> frames;
  net::FabricHeader header;
  header.service_path = 1;
  header.policies = 0xff;
  frames.push_back(net::make_fabric_frame(header, frame({})));  // a copy of another fabric
  constexpr std::uint16_t kTypes[] = {60, 0x8847, 0x86dd, 0x88cc, 0x8863};
  for (const std::uint16_t type : kTypes) {  // 802.3, MPLS, broken IPv6, LLDP, PPPoE
    base::Bytes made(90 + frames.size(), std::byte{7});
    made[12] = static_cast<std::byte>(type >> 8);
    made[13] = static_cast<std::byte>(type);
    frames.push_back(std::move(made));
  }
  Ipv4 three;
  three.vlans = {11, 12, 13};
  frames.push_back(frame(three));
  return frames;
}

class OvsFabric : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { OvsLab::require(); }

  void expect_as_simulated(const Topology& topology, const std::vector<Policy>& policies, openflow::Version version) {
    Planner planner(topology);
    const auto placed = planner.place(policies);
    ASSERT_TRUE(placed) << base::render(placed.error());
    const auto wanted = planner.make(placed->policies, placed->policies, 7);
    ASSERT_TRUE(wanted) << base::render(wanted.error());
    OvsLab lab(topology, net::kDefaultVlanLimit);
    Simulator simulator(topology);
    for (SwitchIndex at = 0; at < topology.switches().size(); ++at) {
      const DesiredFlows flows = planner.flows(*wanted, at);
      simulator.install(at, flows.flows());
      install(lab, at, flows, version);
    }
    lab.discard(300ms);
    std::vector<base::Bytes> frames = telling_frames();
    std::ranges::move(odd_frames(), std::back_inserter(frames));
    std::size_t delivered = 0;
    for (const Tap& tap : topology.taps()) {
      for (std::size_t begin = 0; begin < frames.size(); begin += kBatch) {
        const std::size_t end = std::min(frames.size(), begin + kBatch);
        delivered += compare_batch(topology, lab, simulator, tap, std::span(frames).subspan(begin, end - begin));
      }
    }
    for (SwitchIndex at = 0; at < topology.switches().size(); ++at) {
      EXPECT_EQ(counted_otherwise(lab, simulator, at, version), "") << topology.switches()[at].name;
    }
    std::printf("%zu frames at each of %zu taps, %zu deliveries as simulated\n", frames.size(), topology.taps().size(),
                delivered);
  }

 private:
  static constexpr std::size_t kBatch = 12;  // all frames differ, so a batch shows which one went astray

  // Installs the flows, reads them back, and finds nothing to repair.
  static void install(const OvsLab& lab, SwitchIndex at, const DesiredFlows& flows, openflow::Version version) {
    SwitchClient client(lab.socket(at), version);
    const openflow::TransactionResult result = client.send(compare({}, flows).mods);
    ASSERT_TRUE(result.ok()) << base::render(*result.error)
                             << (result.failed.empty() ? "" : result.failed[0].error + " " + result.failed[0].mod);
    InstalledFlows installed;
    for (const openflow::FlowStatistics& flow : client.dump()) installed[flow.flow.key] = flow;
    const Difference difference = compare(installed, flows);
    EXPECT_EQ(difference.count(), 0U) << difference.first;
  }

  // The flows whose packet counters differ from the simulator's. Open vSwitch counts with a delay of about a second.
  static std::string counted_otherwise(const OvsLab& lab, const Simulator& simulator, SwitchIndex at,
                                       openflow::Version version) {
    std::map<openflow::FlowKey, std::uint64_t> expected;
    for (const openflow::FlowStatistics& flow : simulator.statistics(at)) expected[flow.flow.key] = flow.packets;
    SwitchClient client(lab.socket(at), version);
    std::string text;
    for (int tries = 0; tries < 20; ++tries) {
      text.clear();
      for (const openflow::FlowStatistics& flow : client.dump()) {
        const std::uint64_t wanted = expected[flow.flow.key];
        if (flow.packets == wanted || flow.flow.key.match == openflow::Match{}) continue;  // noise ends in catch-alls
        text +=
            std::to_string(flow.packets) + " instead of " + std::to_string(wanted) + ": " + to_string(flow.flow) + "\n";
      }
      if (text.empty()) break;
      std::this_thread::sleep_for(200ms);
    }
    return text;
  }

  static std::size_t compare_batch(const Topology& topology, OvsLab& lab, Simulator& simulator, const Tap& tap,
                                   std::span<const base::Bytes> frames) {
    std::vector<OvsLab::Seen> expected;
    for (const base::Bytes& frame : frames) {
      const SimulationResult result = simulator.inject(tap.where, frame);
      EXPECT_EQ(result.faults, std::vector<std::string>{});
      EXPECT_EQ(result.tap_leaks, 0U);
      for (const Delivery& delivery : result.deliveries)
        expected.push_back({topology.where(delivery.to), delivery.frame});
      lab.send(tap.where, frame);
    }
    std::vector<OvsLab::Seen> seen = lab.collect(expected.size(), 60ms);
    std::ranges::sort(expected);
    std::ranges::sort(seen);
    for (const OvsLab::Seen& one : seen) {
      EXPECT_NE(topology.port(one.where)->role, Topology::PortRole::kTap) << "out of a tap port: " << hex(one.frame);
    }
    std::vector<OvsLab::Seen> missing;
    std::vector<OvsLab::Seen> surplus;
    std::ranges::set_difference(expected, seen, std::back_inserter(missing));
    std::ranges::set_difference(seen, expected, std::back_inserter(surplus));
    const auto name = [&topology](const OvsLab::Seen& one) {
      return topology.switches()[one.where.at].name + ":" + std::to_string(one.where.port) + " " + hex(one.frame);
    };
    for (const OvsLab::Seen& one : missing) ADD_FAILURE() << "missing from " << tap.name << " at " << name(one);
    for (const OvsLab::Seen& one : surplus) ADD_FAILURE() << "not simulated from " << tap.name << " at " << name(one);
    return seen.size();
  }
};

TEST_F(OvsFabric, TenPoliciesInOneSwitch) {
  const Topology topology = make_fabric(kOneSwitch);
  expect_as_simulated(topology, compiled(topology, ten_policies()), openflow::Version::k15);
}

TEST_F(OvsFabric, TenPoliciesOverFilterMuxAndDelivery) {
  const Topology topology = make_fabric(kFourSwitches);
  expect_as_simulated(topology, compiled(topology, ten_policies()), openflow::Version::k13);
}

TEST_F(OvsFabric, TenPoliciesInThreeNamespaces) {
  const Topology topology = make_fabric(kFourSwitches);
  std::vector<Policy> policies = compiled(topology, ten_policies());
  for (Policy& policy : policies) policy.slot.name_space = static_cast<std::uint8_t>(policy.number % kPolicyNamespaces);
  expect_as_simulated(topology, policies, openflow::Version::k14);
}

TEST_F(OvsFabric, OneHundredAndNinetyTwoPoliciesThatAllOverlap) {
  const Topology topology = make_fabric(kFourSwitches);
  std::vector<PolicyLine> lines;
  for (std::size_t index = 0; index < kPoliciesMax; ++index) lines.push_back(ten_policies()[index % 10]);
  expect_as_simulated(topology, compiled(topology, lines), openflow::Version::k13);
}

TEST_F(OvsFabric, TenPoliciesWithPushedTags) {
  const Topology topology = make_fabric(vlan_fabric("openflow13"));
  expect_as_simulated(topology, compiled(topology, to_tools_only(ten_policies())), openflow::Version::k13);
}

TEST_F(OvsFabric, PoliciesWithRewrittenTags) {
  const Topology topology = make_fabric(vlan_fabric("openflow10"));
  const std::vector<PolicyLine> lines = {{"", "ip and tcp port 80", {}, {"tool1"}},
                                         {"", "ip and tcp port 80 and src host 10.0.0.1", {}, {"tool2"}},
                                         {"", "arp", {"tap1"}, {"tool3", "tool1"}},
                                         {"", "ip and not tcp port 80", {"tap3"}, {"tool3"}}};
  expect_as_simulated(topology, compiled(topology, lines), openflow::Version::k10);
}

}  // namespace
}  // namespace superspan::fabric::support
