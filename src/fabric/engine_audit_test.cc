// SPDX-License-Identifier: Apache-2.0
// A switch is a cache of the desired flows: what is found when it comes back, and what audits repair.
#include "fabric/engine.h"

#include <gtest/gtest.h>

#include "fabric/testing/histories.h"
#include "fabric/testing/world.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

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

Policy large_policy(std::uint32_t number, std::uint32_t rule_count) {
  std::vector<policy::Rule> many;
  for (std::uint32_t address = 0; address < rule_count; ++address) {
    many.push_back(accept({is(Field::kEthType, 0x800), is(Field::kIpv4Source, 0x0a000000 + address)}));
  }
  return wanted_policy(number, rules(many), {}, {"tool1"});
}

TEST(Engine, ALargeTableIsAuditedInPartsBetweenTheCounts) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {large_policy(1, 3000)});
  world.answer();
  std::string log;
  for (int step = 0; step < 80; ++step) {
    log += world.after(50ms);
    world.answer();
  }
  EXPECT_EQ(times("dump s1\n", log), 0U) << log;
  EXPECT_EQ(times("count s1\n", log), 2U) << log;
  EXPECT_GE(times("audit part s1\n", log), 12U) << log;  // at most 256 flows, and 1 ms for each
  EXPECT_LE(times("audit part s1\n", log), 24U) << log;
}

// A rule that accepts must not come back without those above it that reject.
TEST(Engine, WhatAPartShowsIsRepairedInTheWholeTableInOneTransaction) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {large_policy(1, 3000)});
  world.answer();
  auto& flows = world.switches[1].flows;
  const auto key_of = [&flows](std::uint16_t index) {
    const std::uint64_t cookie = Cookie{1, Stage::kMatch, index}.value();
    return std::ranges::find_if(flows, [cookie](const auto& flow) { return flow.second.flow.cookie == cookie; })->first;
  };
  flows.erase(key_of(5));
  flows[key_of(700)].flow.actions.clear();
  flows[key_of(1400)].flow.cookie = 0x1234;
  flows[key_of(2100)].flow.cookie ^= 0xff;
  openflow::Flow foreign;
  foreign.key.table = 7;
  foreign.cookie = 0xffffffffffffffff;
  flows[foreign.key] = {foreign, 0, 0};
  const auto whole = flows.size();
  std::string log;
  for (int step = 0; step < 160; ++step) {
    log += world.after(50ms);
    log += world.answer();
  }
  EXPECT_EQ(times("switch-repaired s1 1 missing, 3 changed, 0 stale, 1 foreign", log), 1U) << log;
  EXPECT_EQ(times("send s1 +4 -1 at once\n", log), 1U) << log;
  EXPECT_EQ(flows.size(), whole) << "one was missing, one too much";
  EXPECT_TRUE(world.all_in_force());
}

// They are compared over the hops, which are read at the same moment.
TEST(Engine, PartsDoNotCountWhatIsCountedEverywhereAtTheSameMoment) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {large_policy(1, 3000)});
  world.answer();
  world.after(2s);
  world.answer();
  for (auto& [key, flow] : world.switches[1].flows) flow.packets = 9;
  const auto hop = [&world] { return world.engine.policies().front().hops.front().packets; };
  std::string log;
  for (int step = 0; step < 39; ++step) {
    log += world.after(50ms);
    world.answer();
    EXPECT_EQ(hop(), 0U);
  }
  EXPECT_GE(times("audit part s1\n", log), 5U);
  world.after(50ms);
  world.answer();
  EXPECT_EQ(hop(), 9U);
}

TEST(Engine, AChangedCookieIsRepairedAndNothingIsCountedTwice) {
  World world(kOneSwitch);
  world.connect_all();
  world.ask(1, {large_policy(1, 3000)});
  world.answer();
  const auto pass = [&world](std::uint64_t packets) {
    for (auto& [key, flow] : world.switches[1].flows) flow.packets = packets;
  };
  const auto after = [&world](base::Duration time) {
    for (base::Duration step{}; step < time; step += 50ms) {
      world.after(50ms);
      world.answer();
    }
    return world.engine.policies().front().hops.front().packets;
  };
  pass(100);
  EXPECT_EQ(after(4s), 100U);
  for (auto& [key, flow] : world.switches[1].flows) flow.flow.cookie ^= 0x7;
  pass(130);
  after(8s);
  EXPECT_TRUE(world.all_in_force());
  EXPECT_EQ(after(2s), 130U);
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

}  // namespace
}  // namespace superspan::fabric::support
