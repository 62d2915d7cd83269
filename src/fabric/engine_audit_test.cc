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

}  // namespace
}  // namespace superspan::fabric::support
