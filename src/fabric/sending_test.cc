// SPDX-License-Identifier: Apache-2.0
// A policy that is added flow by flow: at every moment the others have exactly their packets, and it has none but its
// own.
#include <gtest/gtest.h>

#include "fabric/sending.h"
#include "fabric/testing/random.h"
#include "fabric/testing/world.h"
#include "net/flow_key.h"

namespace superspan::fabric::support {
namespace {

TEST(Sending, OrdersOutputsRoutesListsAndThenRulesByPriority) {
  const auto add = [](Stage stage, std::uint8_t table, std::uint16_t priority) {
    openflow::Flow flow;
    flow.key.table = table;
    flow.key.priority = priority;
    flow.cookie = Cookie{stage == Stage::kClassify ? 0U : 7U, stage, 0}.value();
    return openflow::FlowMod{openflow::FlowCommand::kAdd, flow};
  };
  const auto tables = [](const Sending& sending) {
    std::string text;
    for (const auto& mod : sending.mods) {
      text += std::to_string(mod.flow.key.table) + ":" + std::to_string(mod.flow.key.priority) + " ";
    }
    return text + (sending.atomic ? "at once" : "one by one");
  };
  const std::vector<openflow::FlowMod> mods = {add(Stage::kClassify, 0, 10), add(Stage::kMatch, 1, 8),
                                               add(Stage::kMatch, 1, 9),     add(Stage::kEncap, 212, 5),
                                               add(Stage::kRoute, 204, 99),  add(Stage::kOutput, 216, 3)};
  EXPECT_EQ(tables(in_safe_order(mods, {})), "216:3 204:99 212:5 0:10 1:9 1:8 one by one");
  InstalledFlows held;
  held[mods[0].flow.key] = {mods[0].flow, 0, 0};
  EXPECT_EQ(tables(in_safe_order(mods, held)), "216:3 204:99 212:5 0:10 1:9 1:8 one by one");
  held[mods[1].flow.key] = {mods[1].flow, 0, 0};  // a rule that is there changes
  EXPECT_EQ(tables(in_safe_order(mods, held)), "0:10 1:8 1:9 212:5 204:99 216:3 at once");
  auto removal = mods;
  removal[4].command = openflow::FlowCommand::kDeleteStrict;
  EXPECT_EQ(tables(in_safe_order(removal, {})), "0:10 1:8 1:9 212:5 204:99 216:3 at once");
}

bool accepts(const Policy& policy, const net::FlowKey& key) {
  const auto& rules = policy.compiled->rules;
  const auto rule = std::ranges::find_if(rules, [&key](const auto& one) { return net::matches(one.match, key); });
  return rule != rules.end() && rule->accept;
}

class Additions : public ::testing::Test {
 protected:
  Random random_{seed()};
  std::uint64_t states_ = 0;

  std::optional<Policy> random_policy(const Topology& topology, std::uint32_t number) {
    auto compiled = policy::compile(random_expression(random_), compile_options(topology));
    if (!compiled) return std::nullopt;
    const std::string& tool = topology.tools()[pick(random_, topology.tools().size())].name;
    return wanted_policy(number, std::make_shared<policy::CompiledPolicy>(std::move(*compiled)), {}, {tool});
  }

  // Between the flows of an addition: `before` are in force, `after` holds one more.
  void check(World& world, Simulator& simulator, const std::vector<Policy>& before, const std::vector<Policy>& after) {
    ++states_;
    for (const auto& [datapath, one] : world.switches) {
      std::vector<openflow::Flow> flows;
      for (const auto& [key, flow] : one.flows) flows.push_back(flow.flow);
      simulator.install(*world.topology->find_switch(datapath), std::move(flows));
    }
    for (int packet = 0; packet < 12; ++packet) {
      const base::Bytes frame = random_frame(random_);
      const net::FlowKey key = net::extract(frame);
      const auto wanted_by = [&](const std::vector<Policy>& policies, const std::string& tool) {
        return std::ranges::any_of(
            policies, [&](const Policy& policy) { return policy.tools.front() == tool && accepts(policy, key); });
      };
      const Tap& tap = world.topology->taps()[pick(random_, world.topology->taps().size())];
      const SimulationResult result = simulator.inject(tap.where, frame);
      ASSERT_EQ(result.faults, std::vector<std::string>{});
      for (std::size_t tool = 0; tool < world.topology->tools().size(); ++tool) {
        const Destination end{Destination::Kind::kTool, tool};
        const auto copies = std::ranges::count(result.deliveries, end, &Delivery::to);
        const std::string& name = world.topology->tools()[tool].name;
        ASSERT_LE(copies, wanted_by(after, name) ? 1 : 0) << name << " " << hex(frame);
        ASSERT_GE(copies, wanted_by(before, name) ? 1 : 0) << name << " " << hex(frame);
      }
    }
  }
};

TEST_F(Additions, NeverDeliverWrongOnTheWay) {
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    World world(random_fabric(random_).c_str());
    Simulator simulator(*world.topology);
    world.connect_all();
    std::vector<Policy> policies;
    for (std::uint32_t number = 1; number <= 8 && !HasFatalFailure(); ++number) {
      auto added = random_policy(*world.topology, number);
      if (!added) continue;
      std::vector<Policy> after = policies;
      after.push_back(std::move(*added));
      world.on_state = [&] { check(world, simulator, policies, after); };
      ASSERT_EQ(world.ask(number, after).find("error"), std::string::npos);
      world.answer();
      policies = std::move(after);
    }
  }
  std::printf("%llu states\n", static_cast<unsigned long long>(states_));
  EXPECT_GT(states_, 1000U);
}

}  // namespace
}  // namespace superspan::fabric::support
