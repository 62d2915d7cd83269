// SPDX-License-Identifier: Apache-2.0
// Histories: what happens => what the engine commands.
#include "fabric/engine.h"

#include <gtest/gtest.h>

#include "fabric/testing/histories.h"
#include "fabric/testing/world.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

TEST(Engine, ANewPolicyGoesToNodesAndTheCoreThenToTheTaps) {
  World world(kFourSwitches);
  world.connect_all();
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {}, {"tool1", "node1"})}),
            "assign node1: p1\n"
            "send mux1 +5 -0\n"
            "send delivery1 +5 -0\n"
            "policy-pending p1 commit under way\n");
  EXPECT_EQ(world.answer_round(),  // the node listens, both switches have routes
            "send filter1 +9 -0\n"
            "send filter2 +8 -0\n");
  EXPECT_EQ(world.answer_round(), "policy-active p1\n");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, APolicyIsActiveWhenThePacketPathsHadTimeToFollow) {
  World world(kOneSwitch, EngineOptions{});
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  EXPECT_EQ(world.answer(), "");
  EXPECT_EQ(world.state("p1"), "pending: the switches' packet paths follow");
  EXPECT_EQ(world.after(50ms), "");
  EXPECT_EQ(world.after(50ms), "policy-active p1\n");
  world.switch_down("s1", true);
  world.switch_up("s1");
  world.answer();
  EXPECT_EQ(world.state("p1"), "pending: the switches' packet paths follow");
  EXPECT_EQ(world.after(100ms), "policy-active p1\n");
}

TEST(Engine, APolicyStaysActiveWhileOthersComeAndGo) {
  World world(kFourSwitches);
  world.connect_all();
  const Policy stays = wanted_policy(1, web(), {}, {"tool1", "node1"});
  world.ask(1, {stays});
  world.answer();
  EXPECT_EQ(world.ask(2, {stays, wanted_policy(2, everything(), {}, {"node1"})}),
            "assign node1: p1 p2\n"
            "send mux1 +1 -0\n"
            "send delivery1 +1 -0\n"
            "policy-pending p2 commit under way\n");
  EXPECT_EQ(world.state("p1"), "active");
  world.answer_round();
  EXPECT_EQ(world.answer(), "policy-active p2\n");
  world.ask(3, {stays});
  EXPECT_EQ(world.state("p1"), "active");
  const std::string log = world.answer() + world.after(200ms) + world.answer();
  EXPECT_EQ(log.find("policy-"), std::string::npos) << log;
  EXPECT_EQ(world.state("p1"), "active");
}

TEST(Engine, ARemovedPolicyLeavesTheTapsThenTheCoreThenTheNodes) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1", "node1"})});
  world.answer();
  EXPECT_EQ(world.ask(2, {}),
            "send filter1 +3 -1 at once\n"
            "send filter2 +2 -1 at once\n");
  EXPECT_EQ(world.answer_round(), "");  // copies are still under way
  EXPECT_EQ(world.after(100ms), "");
  for (auto& [key, flow] : world.switches[world.datapath("mux1")].flows) flow.packets = 7;
  EXPECT_EQ(world.after(100ms), "count filter1\ncount filter2\ncount mux1\ncount delivery1\n");
  EXPECT_EQ(world.answer_round(),
            "last of 1: filter1 0 filter2 0 mux1 7 delivery1 0\n"
            "send filter1 +0 -6 at once\n"
            "send filter2 +0 -6 at once\n"
            "send mux1 +0 -5 at once\n"
            "send delivery1 +0 -5 at once\n");
  EXPECT_EQ(world.answer_round(), "assign node1:\n");
  world.answer();
  EXPECT_TRUE(world.engine.idle());
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, OneSwitchWithAllRolesChangesInOneTransaction) {
  World world(kOneSwitch);
  world.connect_all();
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})}),
            "send s1 +7 -0\n"
            "policy-pending p1 commit under way\n");
  EXPECT_EQ(world.answer(), "policy-active p1\n");
}

// Copies of a frame of the first tap that arrive, by the flows that the switches hold.
std::size_t delivered(const World& world) {
  Simulator simulator(*world.topology);
  for (const auto& [datapath, one] : world.switches) {
    std::vector<openflow::Flow> flows;
    for (const auto& [key, flow] : one.flows) flows.push_back(flow.flow);
    simulator.install(*world.topology->find_switch(datapath), std::move(flows));
  }
  return simulator.inject(world.topology->taps()[0].where, support::frame({})).deliveries.size();
}

TEST(Engine, AReplacedPolicyIsNeverMissing) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  EXPECT_EQ(delivered(world), 1U);
  world.ask(2, {wanted_policy(2, everything(), {}, {"tool1"})});
  for (int round = 0; round < 6; ++round) {
    world.answer_round();
    EXPECT_EQ(delivered(world), 1U) << round;
    world.after(100ms);
    EXPECT_EQ(delivered(world), 1U) << round;
  }
  EXPECT_TRUE(world.engine.idle());
  EXPECT_EQ(world.state("p2"), "active");
}

// With a policy of another namespace at the same tool, the way there changes.
TEST(Engine, APolicyIsNeverMissingWhileOthersShareItsTool) {
  World world(kFourSwitches);
  world.connect_all();
  Policy other = wanted_policy(2, everything(), {}, {"tool1"});
  other.slot = {1, 0};
  const auto never_missing = [&world](std::uint32_t epoch, const std::vector<Policy>& policies) {
    world.ask(epoch, policies);
    for (int round = 0; round < 6; ++round) {
      world.answer_round();
      EXPECT_GE(delivered(world), 1U) << "epoch " << epoch << " round " << round;
      world.after(100ms);
      EXPECT_GE(delivered(world), 1U) << "epoch " << epoch << " round " << round;
    }
    EXPECT_TRUE(world.engine.idle());
    EXPECT_EQ(delivered(world), 1U);
  };
  const Policy first = wanted_policy(1, web(), {}, {"tool1"});
  world.ask(1, {first});
  world.answer();
  never_missing(2, {first, other});
  never_missing(3, {first});
}

// A filter that has not flipped still copies for the old policy, whose routes must stay so long.
TEST(Engine, ACommitWaitsForASwitchThatRefusesOnce) {
  for (const std::string name : {"mux1", "filter1"}) {  // in the prepare step, in the flip
    SCOPED_TRACE(name);
    World world(kFourSwitches);
    world.connect_all();
    world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
    world.answer();
    world.switches[world.datapath(name)].refusal = World::refused();
    world.ask(2, {wanted_policy(2, everything(), {}, {"tool1"})});
    const std::string log = world.answer();
    EXPECT_TRUE(log.ends_with("switch-refused " + name + " no bundle\n")) << log;
    EXPECT_EQ(world.after(900ms), "");
    EXPECT_EQ(world.state("p2"), "pending: switch '" + name + "' is waiting: no bundle");
    EXPECT_TRUE(world.engine.policies().front().moving);
    EXPECT_FALSE(world.engine.idle());
    EXPECT_EQ(delivered(world), 1U);
    EXPECT_EQ(world.after(100ms), "dump " + name + "\n");
    for (int round = 0; round < 8; ++round) {
      world.answer_round();
      EXPECT_EQ(delivered(world), 1U) << round;
      world.after(100ms);
    }
    EXPECT_EQ(world.state("p2"), "active");
    EXPECT_TRUE(world.engine.idle());
    EXPECT_TRUE(world.all_in_force());
  }
}

TEST(Engine, ASwitchThatRefusesAgainHoldsOnlyThePoliciesThatPassIt) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.switches[world.datapath("filter1")].refuses_all = true;
  world.ask(2, {wanted_policy(2, everything(), {}, {"tool2"}), wanted_policy(3, web(), {"tap3"}, {"tool1"})});
  world.answer();
  EXPECT_EQ(world.state("p3"), "pending: switch 'filter1' is waiting: no bundle");
  world.after(1s);
  world.answer();  // read, and refused once more
  world.after(200ms);
  world.answer();
  EXPECT_TRUE(world.engine.idle());
  EXPECT_EQ(world.state("p2"), "pending: switch 'filter1' is waiting: no bundle");
  EXPECT_TRUE(world.engine.policies().front().moving);
  EXPECT_EQ(world.state("p3"), "active");
  EXPECT_EQ(world.engine.held().front().holders, std::vector<std::string>{"filter1"}) << "it may still copy for p1";
  world.switches[world.datapath("filter1")].refuses_all = false;
  world.after(2s);
  world.answer();
  EXPECT_EQ(world.state("p2"), "active");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, ANodeThatDoesNotAnswerHoldsACommitForTwoSecondsOnly) {
  World world(kOneSwitch);
  world.connect_all();
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {}, {"node1"})}),
            "assign node1: p1\n"
            "policy-pending p1 commit under way\n");
  world.pending.clear();
  EXPECT_EQ(world.after(1900ms), "");
  EXPECT_EQ(world.after(200ms), "count s1\nsend s1 +9 -0\n");
  world.answer();
  EXPECT_EQ(world.state("p1"), "pending: node 'node1' has not answered");
  world.node_up("node1");
  EXPECT_EQ(world.answer(), "policy-active p1\n");
}

// Whoever waits for a policy need not give up while this side tries again by itself.
TEST(Engine, APolicyIsUnderWayWhileANodeOrSwitchIsAskedAgain) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"node1"})});
  EXPECT_TRUE(world.node_refuses("node1").starts_with("node-refused node1 no room\n"));
  world.answer();
  EXPECT_EQ(world.state("p1"), "pending: node 'node1' refuses its assignment");
  EXPECT_TRUE(world.engine.policies().front().moving);
  EXPECT_EQ(world.after(1s), "assign node1: p1\n");
  world.answer();
  EXPECT_EQ(world.state("p1"), "active");
  world.node_down("node1");
  EXPECT_FALSE(world.engine.policies().front().moving);
}

TEST(Engine, WithoutItsNodeAPolicyIsPending) {
  World world(kOneSwitch);
  world.switch_up("s1");
  world.answer();
  world.ask(1, {wanted_policy(1, web(), {}, {})});  // no tool named: the node is chosen
  world.answer();
  EXPECT_EQ(world.state("p1"), "pending: node 'node1' is not connected");
  EXPECT_EQ(world.node_up("node1"), "node-up node1\nassign node1: p1\n");
  EXPECT_EQ(world.answer(), "policy-active p1\n");
  EXPECT_EQ(world.node_down("node1"),
            "node-down node1\n"
            "policy-pending p1 node 'node1' is not connected\n");
}

TEST(Engine, WhatIsAskedDuringACommitWaitsAndOnlyTheLatestCounts) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  EXPECT_EQ(world.ask(2, {wanted_policy(2, web(), {}, {"tool1"})}), "policy-pending p2 commit under way\n");
  EXPECT_EQ(world.ask(3, {wanted_policy(3, web(), {}, {"tool2"})}), "policy-pending p3 commit under way\n");
  world.answer();
  world.after(200ms);
  world.answer();
  EXPECT_EQ(world.engine.epoch(), 3U);
  EXPECT_EQ(world.state("p3"), "active");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, AChangedPolicyIsPendingUntilItsNodeHasHeardOfTheChange) {
  World world(kOneSwitch);
  world.connect_all();
  Policy changed = wanted_policy(1, web(), {}, {"node1"});
  const Policy other = wanted_policy(2, web(), {}, {"tool1"});
  world.ask(1, {changed});
  world.answer();
  world.ask(2, {changed, other});
  EXPECT_EQ(world.state("p1"), "active");
  changed.snaplen = 64;
  EXPECT_EQ(world.ask(3, {changed, other}), "policy-pending p1 commit under way\n");
  EXPECT_EQ(world.state("p1"), "pending: commit under way");
  EXPECT_EQ(world.answer_round(),  // the next commit stamps its epoch
            "assign node1: p1\n"
            "send s1 +1 -0\n"
            "policy-active p2\n");
  std::swap(world.pending.front(), world.pending.back());
  EXPECT_EQ(world.answer_some(1), "");
  EXPECT_EQ(world.state("p1"), "pending: node 'node1' has not answered");
  EXPECT_EQ(world.answer_some(1), "policy-active p1\n");
}

TEST(Engine, ACommitThatWaitsNamesTheSwitchesThatDoNotAnswer) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  EXPECT_EQ(world.state("p1"), "pending: commit under way");
  world.after(1s);
  EXPECT_EQ(world.state("p1"),
            "pending: commit under way: switch 'mux1' has not answered for 1 s, "
            "switch 'delivery1' has not answered for 1 s");
  world.answer_some(1);
  world.after(4s);
  EXPECT_EQ(world.state("p1"), "pending: commit under way: switch 'delivery1' has not answered for 5 s");
  EXPECT_TRUE(world.engine.policies().front().moving);
  world.answer();
  EXPECT_EQ(world.state("p1"), "active");
}

TEST(Engine, RefusesWhatCannotBe) {
  World world(kOneSwitch);
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {"tap9"}, {"tool1"})}), "error p1: unknown tap 'tap9'\n");
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {}, {"tool9"})}), "error p1: unknown tool or node 'tool9'\n");
  EXPECT_EQ(world.ask(1, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(1, web(), {}, {"tool1"})}),
            "error p1: policy number 1 is not free\n");
}

TEST(Engine, PlansWithoutDoing) {
  World world(kOneSwitch);
  const auto checked = world.engine.check({1, {wanted_policy(1, web(), {}, {"tool1"})}});
  ASSERT_TRUE(checked);
  const Plan plan = world.engine.plan(*checked);
  ASSERT_EQ(plan.hops.size(), 1U);
  EXPECT_EQ(plan.hops[0].sum().flows, 8U);
  EXPECT_EQ(plan.hops[0].sum().added, 5U);
  EXPECT_EQ(plan.hops[0].sum().changed, 2U);  // those that dropped what nobody wanted
  EXPECT_EQ(world.engine.policies().size(), 0U);
}

}  // namespace
}  // namespace superspan::fabric::support
