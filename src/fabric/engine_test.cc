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
            "send filter1 +2 -7 at once\n"
            "send filter2 +1 -7 at once\n");
  EXPECT_EQ(world.answer_round(), "");  // copies are still under way
  EXPECT_EQ(world.after(100ms), "");
  EXPECT_EQ(world.after(100ms),
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
  EXPECT_EQ(world.engine.held().front().switches, std::vector<std::string>{"filter1"}) << "it may still copy for p1";
  world.switches[world.datapath("filter1")].refuses_all = false;
  world.after(2s);
  world.answer();
  EXPECT_EQ(world.state("p2"), "active");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, ASwitchThatComesBackWithItsFlowsIsNotWrittenTo) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  EXPECT_EQ(world.switch_down("mux1"),
            "switch-absent mux1 connection lost\n"
            "policy-pending p1 switch 'mux1' is absent: connection lost\n");
  EXPECT_EQ(world.switch_up("mux1"), "dump mux1\n");
  EXPECT_EQ(world.answer(),
            "switch-synced mux1 0 changes to send\n"
            "policy-active p1\n");
}

TEST(Engine, ASwitchThatLostItsFlowsGetsThemBack) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.switch_down("mux1", true);
  world.switch_up("mux1");
  EXPECT_EQ(world.answer_round(),
            "send mux1 +6 -0 at once\n"
            "switch-synced mux1 6 changes to send, first missing: "
            "table=0,priority=0,cookie=0x5350000000000000,actions=drop\n");
  EXPECT_EQ(world.answer(), "policy-active p1\n");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, ARestartedControllerFindsItsFlowsAndWritesNothing) {
  const std::vector<Policy> policies = {wanted_policy(1, web(), {}, {"tool1", "node1"}),
                                        wanted_policy(2, everything(), {"tap1"}, {"tool2", "tool3"}),
                                        wanted_policy(70, web(), {"tap3"}, {"node2", "tool1"})};
  World before(kFourSwitches);
  before.connect_all();
  before.ask(5, policies);
  before.answer();
  World after(kFourSwitches);
  after.switches = before.switches;
  EXPECT_EQ(after.ask(5, policies),
            "policy-pending p1 switch 'filter1' is absent\n"
            "policy-pending p2 switch 'filter1' is absent\n"
            "policy-pending p70 switch 'filter2' is absent\n");
  for (const Switch& one : after.topology->switches()) after.switch_up(one.name);
  const std::string log = after.answer();
  EXPECT_EQ(log.find("send "), std::string::npos) << log;
  EXPECT_TRUE(after.all_in_force());
}

TEST(Engine, ForeignAndMissingFlowsAreRepairedByTheNextAudit) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  auto& flows = world.switches[1].flows;
  flows.erase(openflow::FlowKey{});
  openflow::Flow foreign;
  foreign.key.table = 7;
  foreign.cookie = 0x1234;
  foreign.actions = {openflow::Output{1}};
  flows[foreign.key] = {foreign, 0, 0};
  EXPECT_EQ(world.after(2s), "dump s1\n");
  EXPECT_EQ(world.answer_round(),
            "switch-repaired s1 1 missing, 0 changed, 0 stale, 1 foreign; missing: "
            "table=0,priority=0,cookie=0x5350000000000000,actions=drop\n"
            "send s1 +1 -1 at once\n"
            "policy-pending p1 switch 's1' is sending\n");
  EXPECT_EQ(world.answer(), "policy-active p1\n");
  EXPECT_TRUE(world.all_in_force());
}

TEST(Engine, LargeTablesAreAuditedInQuietMomentsAndCountedAlways) {
  World world(kOneSwitch);
  world.connect_all();
  std::vector<policy::Rule> many;
  for (std::uint32_t address = 0; address < 3000; ++address) {
    many.push_back(accept({is(Field::kEthType, 0x800), is(Field::kIpv4Source, 0x0a000000 + address)}));
  }
  const Policy large = wanted_policy(1, rules(many), {}, {"tool1"});
  world.ask(1, {large});
  world.answer();
  world.after(5s);
  world.answer();
  EXPECT_EQ(world.after(2s), "count s1\n");
  world.answer();
  EXPECT_EQ(world.after(1s + 10ms), "dump s1\n");  // 1 ms for each flow
  world.answer();
  std::string log;
  for (std::uint32_t change = 2; change < 42; ++change) {  // never quiet
    world.ask(change, {large, wanted_policy(change, web(), {}, {"tool1"})});
    world.answer();
    for (const auto time : {300ms, 200ms}) {
      log += world.after(time);
      world.answer();
    }
  }
  EXPECT_EQ(times("dump s1\n", log), 1U) << log;
  EXPECT_GE(times("count s1\n", log), 5U) << log;
}

TEST(Engine, ASwitchThatFailsWithoutReasonIsReadAgainAndRetried) {
  World world(kOneSwitch);
  world.connect_all();
  openflow::TransactionResult broken;
  broken.error = base::Error{base::ErrorCode::kTimeout, "no answer", "", "", std::nullopt};
  world.switches[1].refusal = broken;
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  EXPECT_EQ(world.answer(), "switch-refused s1 no answer\n");
  EXPECT_EQ(world.state("p1"), "pending: switch 's1' is waiting: no answer");
  EXPECT_TRUE(world.engine.policies().front().moving);
  EXPECT_EQ(world.after(500ms), "");
  EXPECT_EQ(world.after(500ms), "dump s1\n");
  world.answer();
  EXPECT_EQ(world.state("p1"), "active");
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
  EXPECT_EQ(world.after(200ms), "send s1 +9 -0\n");
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
