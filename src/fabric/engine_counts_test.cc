// SPDX-License-Identifier: Apache-2.0
// Counters, limits, and bits that switches still hold.
#include "fabric/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fabric/testing/histories.h"
#include "fabric/testing/world.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

TEST(Engine, CountsEachHopAndSurvivesCountersThatStartAgain) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  const auto pass = [&world](const char* name, std::uint64_t packets) {
    for (auto& [key, flow] : world.switches[world.datapath(name)].flows) {
      flow.packets = packets;
      flow.bytes = packets * 100;
    }
  };
  const auto counted = [&world] {
    world.after(2s);
    world.answer();
    std::string text;
    const std::vector<PolicyView> views = world.engine.policies();
    for (const HopCounter& hop : views[0].hops) {
      text += hop.at + " " + hop.stage + " " + std::to_string(hop.packets) + "\n";
    }
    return text;
  };
  pass("filter1", 7);
  pass("mux1", 7);
  EXPECT_EQ(counted(), "filter1 filter 7\nfilter2 filter 0\nmux1 mux 7\ndelivery1 delivery 0\n");
  pass("filter1", 3);  // started again
  pass("delivery1", 10);
  EXPECT_EQ(counted(), "filter1 filter 10\nfilter2 filter 0\nmux1 mux 7\ndelivery1 delivery 10\n");
}

TEST(Engine, TheLastCountersOfAPolicyAreReadAfterItsLastCopy) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, web(), {}, {"tool2"})});
  world.answer();
  const auto pass = [&world](std::uint64_t packets) {
    for (auto& [datapath, one] : world.switches) {
      for (auto& [key, flow] : one.flows) flow.packets = packets;
    }
  };
  pass(3);
  world.after(2s);
  world.answer();
  world.ask(2, {wanted_policy(2, web(), {}, {"tool2"})});
  pass(4);
  EXPECT_EQ(world.answer(), "");
  pass(5);
  world.after(200ms);
  EXPECT_TRUE(world.answer().starts_with("last of 1: filter1 5 filter2 5 mux1 5 delivery1 5\n"));
}

// Unless others wait for it.
TEST(Engine, LastCountersAreReadWhenTheSwitchesHaveCounted) {
  EngineOptions options = World::at_once();
  options.statistics_lag = 600ms;
  World world(kFourSwitches, options);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1", "node1"})});
  world.answer();
  world.ask(2, {});
  world.answer();
  EXPECT_EQ(world.after(700ms), "");
  EXPECT_TRUE(world.after(100ms).starts_with("count "));
  EXPECT_TRUE(world.answer().starts_with("last of 1: filter1 0 filter2 0 mux1 0 delivery1 0\n"));
  world.ask(3, {wanted_policy(3, web(), {}, {"tool1"})});
  world.answer();
  world.ask(4, {});
  world.answer();
  EXPECT_EQ(world.after(200ms), "");
  EXPECT_TRUE(world.ask(5, {wanted_policy(4, web(), {}, {"tool1"})}).starts_with("count "));
  EXPECT_TRUE(world.answer().starts_with("last of 3: filter1 0 filter2 0 mux1 0 delivery1 0 incomplete\n"));
}

TEST(Engine, ASwitchThatTellsNoLastCountersHoldsARemovalForASecondOnly) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.ask(2, {});
  world.answer();
  world.after(200ms);
  EXPECT_EQ(world.after(900ms), "");
  EXPECT_TRUE(world.after(100ms).starts_with("last of 1: filter1 0 filter2 0 mux1 0 delivery1 0 incomplete\n"));
}

// Else the hops of a policy could not be compared.
TEST(Engine, ReadsAllSwitchesAtTheSameMoment) {
  World world(kFourSwitches);
  for (const char* name : {"filter1", "filter2", "mux1", "delivery1"}) {
    world.after(700ms);
    world.switch_up(name);
    world.answer();
  }
  int readings = 0;
  for (int step = 0; step < 80; ++step) {
    const std::string log = world.after(100ms);
    world.answer();
    if (log.empty()) continue;
    EXPECT_EQ(std::ranges::count(log, '\n'), 4) << log;
    ++readings;
  }
  EXPECT_EQ(readings, 4) << "one each poll_interval";
}

// Else limits would be overrun for as long.
TEST(Engine, CountsAlsoWhileACommitWaitsForASwitchThatHangs) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.ask(2, {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, web(), {}, {"tool2"})});
  const std::string log = world.after(2s);
  EXPECT_TRUE(log.contains("count filter1\ncount filter2\n")) << log;
}

TEST(Engine, ABitIsNotGivenAgainUntilEverySwitchHasConfirmedItsRemoval) {
  World world(kFourSwitches);
  world.connect_all();
  const Policy stays = wanted_policy(1, web(), {}, {"tool1"});
  const Policy goes = wanted_policy(2, web(), {}, {"tool1"});
  Policy next = wanted_policy(3, web(), {}, {"tool2"});
  next.slot = goes.slot;
  const auto holders = [&world] {
    for (const Engine::Held& held : world.engine.held()) {
      if (held.number != 2) continue;
      std::string text = held.moving ? "moving" : "waiting for";
      for (const std::string& name : held.holders) text += " " + name;
      return text;
    }
    return std::string("nobody");
  };
  const std::string refused = "error p3: bit 1 is still used for a policy that is being removed\n";
  world.ask(1, {stays, goes});
  world.answer();
  world.ask(2, {stays});
  EXPECT_EQ(world.ask(3, {stays, next}), refused) << "the filters still set it";
  world.answer();
  EXPECT_EQ(world.ask(3, {stays, next}), refused) << "copies are under way";
  world.switch_down("filter1");
  world.switch_down("mux1");
  world.after(200ms);
  world.answer();
  EXPECT_TRUE(world.engine.idle());
  EXPECT_EQ(holders(), "waiting for filter1 mux1");
  EXPECT_EQ(world.ask(3, {stays, next}), refused);
  world.switch_up("mux1");
  world.answer();
  EXPECT_EQ(holders(), "waiting for filter1") << "it sets the bit no more, but routes it still";
  world.switch_up("filter1");
  world.answer();
  EXPECT_EQ(holders(), "nobody");
  EXPECT_EQ(world.ask(3, {stays, next}).find("error"), std::string::npos);
}

TEST(Engine, EverySwitchThatHasNotConfirmedARemovalIsNamed) {
  World world(kFourSwitches);
  world.connect_all();
  using Names = std::vector<std::string>;
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  EXPECT_EQ(world.engine.held()[0].holders, Names{}) << "it is asked for";
  world.answer();
  world.ask(2, {});
  EXPECT_EQ(world.engine.held()[0].holders, (Names{"filter1", "filter2", "mux1", "delivery1"}));
  EXPECT_TRUE(world.engine.held()[0].moving);
  world.answer();
  EXPECT_EQ(world.engine.held()[0].holders.size(), 4U) << "copies are under way";
  world.after(200ms);
  world.answer_round();
  world.answer_some(1);
  EXPECT_EQ(world.engine.held()[0].holders, (Names{"filter2", "mux1", "delivery1"})) << "filter2 hangs";
  world.answer();
  EXPECT_TRUE(world.engine.held().empty());
}

TEST(Engine, ARemovedPolicyIsGoneAlsoWhileOtherChangesGoOn) {
  World world(kFourSwitches);
  world.connect_all();
  const auto holds_first = [&world] {
    return std::ranges::any_of(world.engine.held(), [](const Engine::Held& held) { return held.number == 1; });
  };
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.ask(2, {});
  world.answer();
  for (std::uint32_t number = 2; number < 6; ++number) {
    world.ask(number + 1, {wanted_policy(number, web(), {}, {"tool2"})});
    world.after(200ms);
    world.answer_round();
    world.answer_round();
  }
  EXPECT_FALSE(world.engine.idle());
  EXPECT_FALSE(holds_first());
}

TEST(Engine, ANodeHoldsARemovedPolicyUntilItHasForgottenIt) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"node1"})});
  world.answer();
  world.ask(2, {});
  world.answer();
  world.after(200ms);
  const auto node_is_asked = [&world] {
    return !world.pending.empty() && std::holds_alternative<AssignNode>(world.pending.front());
  };
  std::string log;
  while (!world.pending.empty() && !node_is_asked()) log += world.answer_some(1);
  ASSERT_TRUE(node_is_asked()) << log;
  EXPECT_TRUE(world.engine.idle());
  ASSERT_EQ(world.engine.held().size(), 1U);
  EXPECT_EQ(world.engine.held()[0].holders, std::vector<std::string>{"node1"});
  EXPECT_TRUE(world.engine.held()[0].moving);
  world.node_down("node1");
  EXPECT_TRUE(world.engine.held().empty()) << "it gets a whole assignment when it is back";
}

TEST(Engine, ASwitchThatIsAwayHoldsARemovedPolicyUntilItIsBack) {
  World world(kFourSwitches);
  world.connect_all();
  world.ask(1, {wanted_policy(1, web(), {}, {"tool1"})});
  world.answer();
  world.switch_down("filter1");
  world.ask(2, {});
  world.answer();
  world.after(200ms);
  world.answer();
  EXPECT_TRUE(world.engine.idle());
  ASSERT_EQ(world.engine.held().size(), 1U);
  EXPECT_EQ(world.engine.held()[0].holders, std::vector<std::string>{"filter1"});
  EXPECT_FALSE(world.engine.held()[0].moving);
  world.switch_up("filter1");
  world.answer();
  EXPECT_TRUE(world.engine.held().empty());
}

TEST(Engine, LimitsAreReportedOnce) {
  World world(kOneSwitch);
  world.connect_all();
  Policy timed = wanted_policy(1, web(), {}, {"node1"});
  timed.limits.duration_s = 10;
  timed.created_at = world.now.wall;
  Policy counted = wanted_policy(2, web(), {}, {"tool1"});
  counted.limits.packets = 5;
  world.ask(1, {timed, counted});
  world.answer();
  for (auto& [key, flow] : world.switches[1].flows) flow.packets = 5;
  world.after(2s);
  EXPECT_EQ(world.answer(), "limit-reached p2 packets\n");
  EXPECT_EQ(world.after(7900ms), "dump s1\n");
  EXPECT_EQ(world.after(100ms), "limit-reached p1 duration\n");
  EXPECT_EQ(world.after(100ms), "");
}

}  // namespace
}  // namespace superspan::fabric::support
