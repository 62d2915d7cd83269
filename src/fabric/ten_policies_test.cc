// SPDX-License-Identifier: Apache-2.0
// Ten policies at once, in the simulator: every tool and node gets exactly its packets, once, bit for bit.
#include "fabric/testing/ten_policies.h"

#include <gtest/gtest.h>

#include "fabric/planner.h"
#include "net/nsh.h"

namespace superspan::fabric::support {
namespace {

// What each tool or node should see of a frame from a tap: the reference evaluator's word.
bool wanted_at(const std::vector<PolicyLine>& lines, const std::string& end, const std::string& tap,
               const base::Bytes& frame) {
  return std::ranges::any_of(lines, [&](const PolicyLine& line) {
    const bool tapped = line.taps.empty() || std::ranges::find(line.taps, tap) != line.taps.end();
    const bool leads = std::ranges::find(line.tools, end) != line.tools.end();
    return tapped && leads && policy::Evaluator::create(line.expression)->matches(frame);
  });
}

void expect_exact(const Topology& topology, const std::vector<PolicyLine>& lines, const std::vector<Policy>& policies,
                  bool tagged_too = true) {
  Planner planner(topology);
  const auto placed = planner.place(policies);
  ASSERT_TRUE(placed) << base::render(placed.error());
  const auto wanted = planner.make(placed->policies, placed->policies, 7);
  ASSERT_TRUE(wanted) << base::render(wanted.error());
  Simulator simulator(topology);
  for (SwitchIndex at = 0; at < topology.switches().size(); ++at) {
    simulator.install(at, planner.flows(*wanted, at).flows());
  }
  for (const Tap& tap : topology.taps()) {
    for (const base::Bytes& frame : telling_frames()) {
      const SimulationResult result = simulator.inject(tap.where, frame);
      EXPECT_EQ(result.faults, std::vector<std::string>{});
      EXPECT_EQ(result.tap_leaks, 0U);
      std::map<std::string, std::size_t> got;
      std::set<std::pair<std::string, std::uint32_t>> paths;  // a node gets one copy a namespace
      for (const Delivery& delivery : result.deliveries) {
        const std::string& end = topology.name(delivery.to);
        const bool node = delivery.to.kind == Destination::Kind::kNode;
        const auto parsed = node ? net::parse_fabric_frame(delivery.frame) : std::nullopt;
        EXPECT_TRUE(std::ranges::equal(parsed ? parsed->original : base::BytesView(delivery.frame), frame));
        EXPECT_TRUE(paths.emplace(end, parsed ? parsed->header.service_path : 0).second) << end;
        got[end] = 1;
      }
      const bool carried = tagged_too || net::extract(frame)[net::Field::kVlanTci] == 0;
      for (const char* const end : {"tool1", "tool2", "tool3", "node1"}) {
        EXPECT_EQ(got[end], carried && wanted_at(lines, end, tap.name, frame) ? 1U : 0U)
            << end << " " << tap.name << " " << hex(frame);
      }
    }
  }
}

TEST(TenPolicies, InOneSwitch) {
  const Topology topology = make_fabric(kOneSwitch);
  expect_exact(topology, ten_policies(), compiled(topology, ten_policies()));
}

TEST(TenPolicies, OverFilterMuxAndDelivery) {
  const Topology topology = make_fabric(kFourSwitches);
  expect_exact(topology, ten_policies(), compiled(topology, ten_policies()));
}

TEST(TenPolicies, InThreeNamespaces) {
  const Topology topology = make_fabric(kFourSwitches);
  std::vector<Policy> policies = compiled(topology, ten_policies());
  for (Policy& policy : policies) policy.slot.name_space = static_cast<std::uint8_t>(policy.number % kPolicyNamespaces);
  expect_exact(topology, ten_policies(), policies);
}

TEST(TenPolicies, WithPushedTags) {
  const Topology topology = make_fabric(vlan_fabric("openflow13"));
  const auto lines = to_tools_only(ten_policies());
  expect_exact(topology, lines, compiled(topology, lines));
}

TEST(TenPolicies, WithRewrittenTagsCarryUntaggedFrames) {
  const Topology topology = make_fabric(vlan_fabric("openflow10"));
  auto lines = to_tools_only(ten_policies());
  lines.resize(8);                       // the last two want tagged frames only
  std::vector<std::string> expressions;  // OpenFlow 1.0 cannot look into IPv6
  for (const PolicyLine& line : lines) expressions.push_back("ip and (" + std::string(line.expression) + ")");
  for (std::size_t index = 0; index < lines.size(); ++index) lines[index].expression = expressions[index].c_str();
  expect_exact(topology, lines, compiled(topology, lines), false);
}

}  // namespace
}  // namespace superspan::fabric::support
