// SPDX-License-Identifier: Apache-2.0
// policies => what they would need and change
#include "fabric/plan.h"

#include <gtest/gtest.h>

#include "fabric/testing/random.h"
#include "fabric/testing/world.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const policy::CompiledPolicy> udp_to(unsigned port) {
  return rules({accept({is(Field::kEthType, 0x800), is(Field::kIpProto, 17), is(Field::kL4Destination, port)})});
}

std::string text(const Plan& plan) {
  std::string text;
  for (const Plan::Hop& hop : plan.hops) {
    text += hop.at + ":";
    for (const Plan::Table& table : hop.tables) {
      if (table.added + table.changed + table.removed == 0) continue;
      text += " table " + std::to_string(table.table) + " has " + std::to_string(table.flows) + " (+" +
              std::to_string(table.added) + " ~" + std::to_string(table.changed) + " -" +
              std::to_string(table.removed) + ")";
    }
    text += "\n";
  }
  for (const Plan::Link& link : plan.links) {
    text += link.from + " > " + link.to + ":";
    for (const std::string& policy : link.policies) text += " " + policy;
    text += "\n";
  }
  return text;
}

TEST(Plan, ShowsWhatAFirstPolicyNeeds) {
  World world(kFourSwitches);
  const auto checked = world.engine.check({1, {wanted_policy(1, udp_to(53), {"tap1"}, {"tool1"})}});
  ASSERT_TRUE(checked);
  EXPECT_EQ(text(world.engine.plan(*checked)),
            "filter1: table 0 has 3 (+0 ~1 -0) table 1 has 1 (+1 ~0 -0) table 200 has 2 (+2 ~0 -0)"
            " table 204 has 1 (+1 ~0 -0) table 212 has 2 (+2 ~0 -0) table 216 has 1 (+1 ~0 -0)\n"
            "filter2:\n"
            "mux1: table 0 has 4 (+3 ~0 -0) table 204 has 1 (+1 ~0 -0) table 216 has 1 (+1 ~0 -0)\n"
            "delivery1: table 0 has 2 (+1 ~0 -0) table 204 has 1 (+1 ~0 -0) table 218 has 1 (+1 ~0 -0)"
            " table 220 has 1 (+1 ~0 -0)\n"
            "delivery1:11 > tool1: p1\n"
            "filter1:49 > mux1:1: p1\n"
            "mux1:3 > delivery1:49: p1\n");
}

TEST(Plan, ShowsWhatAnEditChanges) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, udp_to(53), {"tap1"}, {"tool1"}), wanted_policy(2, udp_to(54), {"tap1"}, {"tool1"})});
  world.answer();
  const auto checked = world.engine.check(
      {2, {wanted_policy(1, udp_to(53), {"tap1"}, {"tool1"}), wanted_policy(3, udp_to(53), {"tap1"}, {"tool2"})}});
  ASSERT_TRUE(checked);
  EXPECT_EQ(text(world.engine.plan(*checked)),
            "filter1: table 0 has 3 (+0 ~1 -0) table 1 has 1 (+0 ~0 -1) table 2 has 1 (+1 ~0 -0)"
            " table 204 has 2 (+1 ~0 -1) table 212 has 2 (+0 ~1 -0)\n"
            "filter2:\n"
            "mux1: table 204 has 2 (+1 ~0 -1)\n"
            "delivery1: table 204 has 2 (+1 ~0 -1) table 218 has 2 (+1 ~0 -0) table 220 has 2 (+1 ~0 -0)\n"
            "delivery1:11 > tool1: p1\n"
            "delivery1:12 > tool2: p3\n"
            "filter1:49 > mux1:1: p1 p3\n"
            "mux1:3 > delivery1:49: p1 p3\n");
  EXPECT_EQ(world.engine.policies().size(), 2U) << "a plan changes nothing";
}

// Flows that are there afterwards and were not before, in other words, or not at all any more.
Plan::Table difference(const InstalledFlows& before, const InstalledFlows& after) {
  Plan::Table table;
  table.flows = after.size();
  for (const auto& [key, flow] : after) {
    const auto old = before.find(key);
    if (old == before.end()) ++table.added;
    if (old != before.end() && old->second.flow != flow.flow) ++table.changed;
  }
  for (const auto& [key, flow] : before) table.removed += after.contains(key) ? 0 : 1;
  return table;
}

TEST(Plan, IsWhatACommitThenDoes) {
  Random random(seed());
  for (int round = 0; round < 60; ++round) {
    World world(random_fabric(random).c_str());
    world.connect_all();
    std::vector<Policy> policies;
    for (std::uint32_t epoch = 1; epoch <= 8; ++epoch) {
      if (!policies.empty() && pick(random, 3) == 0) policies.erase(policies.begin());
      const std::string& tool = world.topology->tools()[pick(random, world.topology->tools().size())].name;
      policies.push_back(wanted_policy(epoch, udp_to(1 + pick(random, 3)), {}, {tool}));
      auto checked = world.engine.check({epoch, policies});
      ASSERT_TRUE(checked);
      const Plan plan = world.engine.plan(*checked);
      const auto before = world.switches;
      world.ask(epoch, policies);
      world.answer();
      world.after(200ms);
      world.answer();
      ASSERT_TRUE(world.engine.idle());
      for (const Plan::Hop& hop : plan.hops) {
        const auto at = world.datapath(hop.at);
        const Plan::Table done = difference(before.at(at).flows, world.switches[at].flows);
        const Plan::Table planned = hop.sum();
        ASSERT_EQ(planned.flows, done.flows);
        ASSERT_EQ(planned.added, done.added);
        ASSERT_EQ(planned.changed, done.changed);
        ASSERT_EQ(planned.removed, done.removed);
      }
    }
  }
}

}  // namespace
}  // namespace superspan::fabric::support
