// SPDX-License-Identifier: Apache-2.0
// Switches that refuse the flows of a policy.
#include <gtest/gtest.h>

#include "fabric/testing/histories.h"
#include "fabric/testing/world.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

// A switch that is sent the same again and again does not hold the test up.
std::string settle(World& world) {
  std::string log;
  for (int round = 0; round < 10; ++round) {
    log += world.answer_some(30);
    log += world.after(1s);
  }
  log += world.answer_some(30);
  return log;
}

TEST(Engine, APolicyThatASwitchRefusesFailsAndIsTakenBackEverywhere) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.switches[world.datapath("filter2")].refused_number = 2;
  world.ask(2, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, everything(), {}, {"tool2"}),
                wanted_policy(3, everything(), {}, {"tool3"})});
  world.answer();
  world.after(1s);
  world.answer();
  EXPECT_TRUE(world.engine.idle());
  EXPECT_EQ(world.state("p1"), "active");
  EXPECT_EQ(world.state("p2").substr(0, 95),
            "failed: filter2: the switch refused a flow: OFPFMFC_TABLE_FULL for table=204,priority=99,cookie");
  EXPECT_EQ(world.state("p3"), "active");
  EXPECT_TRUE(world.all_in_force());
  for (const openflow::Flow& flow : world.engine.desired(world.datapath("mux1"))) {
    EXPECT_NE(Cookie::parse(flow.cookie)->policy, 2U) << to_string(flow);
  }
}

// A core switch is asked while the commit prepares, a filter in the flip. Added alone, the policy goes there mod by
// mod; in place of another one, in a bundle, if the switch has bundles.
TEST(Engine, TheOnlyNewPolicyIsTakenBackWhereverAndHoweverItIsRefused) {
  for (const std::string name : {"mux1", "delivery1", "filter1", "filter2"}) {
    for (const bool replaces : {false, true}) {
      for (const bool bundles : {true, false}) {
        SCOPED_TRACE(name + (replaces ? " in place of another" : " added") + (bundles ? "" : ", no bundles"));
        World world(kFourSwitches);
        world.connect_all();
        const Policy stays = wanted_policy(1, web(), {}, {"tool1"});
        const Policy refused = wanted_policy(2, everything(), {}, {"tool1", "tool2"});
        world.ask(1, replaces ? std::vector{stays, wanted_policy(3, web(), {}, {"tool2"})} : std::vector{stays});
        world.answer();
        world.switches[world.datapath(name)].refused_number = 2;
        world.switches[world.datapath(name)].bundles = bundles;
        std::string log = world.ask(2, {stays, refused});
        log += settle(world);
        EXPECT_TRUE(world.engine.idle()) << log;
        EXPECT_TRUE(world.all_in_force()) << log;
        EXPECT_EQ(times("policy-failed p2", log), 1U) << log;
        EXPECT_EQ(times("switch-refused", log), 1U) << log;
        EXPECT_EQ(world.state("p1"), "active");
        EXPECT_TRUE(world.state("p2").starts_with("failed: " + name + ": the switch refused a flow")) << log;
        for (const auto& [datapath, one] : world.switches) {
          for (const auto& [key, flow] : one.flows) {
            EXPECT_NE(Cookie::parse(flow.flow.cookie)->policy, 2U) << to_string(flow.flow);
          }
        }
      }
    }
  }
}

TEST(Engine, APolicyThatTwoSwitchesRefuseIsToldOnce) {
  World world(kFourSwitches);
  world.connect_all();
  for (const auto* const name : {"mux1", "delivery1"}) world.switches[world.datapath(name)].refused_number = 2;
  std::string log = world.ask(1, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, web(), {}, {"tool1"})});
  log += world.answer();
  EXPECT_EQ(times("switch-refused", log), 2U) << log;
  EXPECT_EQ(times("policy-failed p2", log), 1U) << log;
  EXPECT_EQ(world.state("p1"), "active");
  EXPECT_TRUE(world.all_in_force());
}

// Its flows were there, and are sent again one by one when it comes back without them.
TEST(Engine, ASwitchThatComesBackAndRefusesAPolicyInForceDoesNotHoldTheOthers) {
  for (const std::string name : {"mux1", "filter1"}) {
    SCOPED_TRACE(name);
    World world(kFourSwitches);
    world.connect_all();
    world.ask(1, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, web(), {}, {"tool2"})});
    world.answer();
    FakeSwitch& one = world.switches[world.datapath(name)];
    one.refused_number = 2;
    one.bundles = false;
    std::string log = world.switch_down(name, true);
    log += world.switch_up(name);
    log += settle(world);
    EXPECT_TRUE(world.engine.idle()) << log;
    EXPECT_TRUE(world.all_in_force()) << log;
    EXPECT_EQ(times("policy-failed p2", log), 1U) << log;
    EXPECT_EQ(world.state("p1"), "active");
    EXPECT_TRUE(world.state("p2").starts_with("failed: " + name)) << world.state("p2");
  }
}

}  // namespace
}  // namespace superspan::fabric::support
