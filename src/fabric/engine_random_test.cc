// SPDX-License-Identifier: Apache-2.0
// The commit engine in random histories.
#include <gtest/gtest.h>

#include "fabric/testing/random.h"
#include "fabric/testing/world.h"
#include "net/nsh.h"

namespace superspan::fabric::support {
namespace {

using namespace std::chrono_literals;

// Policies come and go; each gets a number, and slots as the controller gives them. The first policy stays. Another one
// for all packets to the last tool, which no other policy uses, is replaced each time.
class Sets {
 public:
  Sets(Random& random, const Topology& topology) : random_(random), topology_(topology) {}

  std::vector<Policy> next() {
    std::erase_if(policies_, [this](const Policy& policy) { return policy.number != 1 && pick(random_, 4) == 0; });
    std::erase_if(policies_, [this](const Policy& policy) { return policy.number == relay_; });
    for (unsigned more = pick(random_, 3); more > 0 || policies_.empty(); more -= more > 0 ? 1 : 0) add();
    add(topology_.tools().back().name);
    relay_ = number_;
    return policies_;
  }
  std::uint32_t epoch = 0;
  // One that may be refused without harm to the first and the replaced one; 0: there is none.
  [[nodiscard]] std::uint32_t any_other() {
    std::vector<std::uint32_t> others = {0};
    for (const Policy& policy : policies_) {
      if (policy.number != 1 && policy.number != relay_) others.push_back(policy.number);
    }
    return others[pick(random_, others.size())];
  }

 private:
  void add(const std::string& relay_to = "") {
    ++number_;
    const std::shared_ptr<const policy::CompiledPolicy> choices[] = {
        rules({accept({is(Field::kEthType, 0x800)})}), rules({accept({})}),
        rules({reject({is(Field::kEthType, 0x806)}), accept({})}), rules({accept({is(Field::kEthType, 0x806)})})};
    std::vector<std::string> ends;
    for (const Tool& tool : topology_.tools()) ends.push_back(tool.name);
    ends.pop_back();
    for (const Node& node : topology_.nodes()) ends.push_back(node.name);
    std::ranges::shuffle(ends, random_);
    ends.resize(1 + pick(random_, ends.size()));
    Policy made = wanted_policy(number_, number_ == 1 ? choices[1] : choices[pick(random_, 4)], {}, ends);
    if (number_ == 1) made.tools = {"tool0", "node0"};
    if (!relay_to.empty()) {
      made.compiled = choices[1];
      made.tools = {relay_to};
    }
    std::vector<Slot> taken;
    for (const Policy& policy : policies_) taken.push_back(policy.slot);
    made.slot = *choose_slot(taken, latest_);
    latest_ = made.slot;
    policies_.push_back(std::move(made));
  }

  Random& random_;
  const Topology& topology_;
  std::uint32_t number_ = 0;
  std::uint32_t relay_ = 0;
  std::optional<Slot> latest_;
  std::vector<Policy> policies_;
};

class EngineHistories : public ::testing::Test {
 protected:
  Random random_{seed()};

  // The commands that wait, in any order that keeps each switch's own.
  static void shuffle(Random& random, World& world) {
    if (world.pending.size() < 2) return;
    std::rotate(world.pending.begin(), world.pending.begin() + pick(random, world.pending.size()), world.pending.end());
  }

  // The policy that is always there and the one that is replaced have every packet once, whatever is under way.
  static void expect_once(World& world, Simulator& simulator, const base::Bytes& frame) {
    for (const auto& [datapath, one] : world.switches) {
      std::vector<openflow::Flow> flows;
      for (const auto& [key, flow] : one.flows) flows.push_back(flow.flow);
      simulator.install(*world.topology->find_switch(datapath), std::move(flows));
    }
    for (const Tap& tap : world.topology->taps()) {
      const SimulationResult result = simulator.inject(tap.where, frame);
      ASSERT_EQ(result.faults, std::vector<std::string>{});
      ASSERT_EQ(result.tap_leaks, 0U);
      std::map<Destination, unsigned> plain;
      unsigned at_node = 0;
      for (const Delivery& delivery : result.deliveries) {
        if (delivery.to.kind == Destination::Kind::kTool) ++plain[delivery.to];
        const auto parsed = net::parse_fabric_frame(delivery.frame);
        if (delivery.to == Destination{Destination::Kind::kNode, 0} && parsed) at_node += parsed->header.policies & 1;
      }
      ASSERT_EQ((plain[Destination{Destination::Kind::kTool, 0}]), 1U);
      ASSERT_EQ(at_node, 1U);
      ASSERT_EQ((plain[Destination{Destination::Kind::kTool, world.topology->tools().size() - 1}]), 1U);
      for (const auto& [tool, copies] : plain) ASSERT_EQ(copies, 1U) << world.topology->name(tool);
    }
  }
};

TEST_F(EngineHistories, NoEditLosesOrDoublesAPacketOfAnotherPolicy) {
  const base::Bytes frame = support::frame({});
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    const std::string yaml = random_fabric(random_);
    SCOPED_TRACE(yaml);
    World world(yaml.c_str());
    Sets sets(random_, *world.topology);
    Simulator simulator(*world.topology);
    world.connect_all();
    world.ask(++sets.epoch, sets.next());
    world.answer();
    world.on_state = [&] { expect_once(world, simulator, frame); };
    for (int edit = 0; edit < 6 && !HasFatalFailure(); ++edit) {
      ASSERT_EQ(world.ask(++sets.epoch, sets.next()).find("error"), std::string::npos);
      if (pick(random_, 3) == 0) {
        const std::size_t at = pick(random_, world.topology->switches().size());
        world.switches[world.topology->switches()[at].datapath].refusal = World::refused();
      }
      for (auto& [datapath, one] : world.switches) one.refused_number = pick(random_, 4) == 0 ? sets.any_other() : 0;
      for (int step = 0; step < 200 && !(world.engine.idle() && world.pending.empty()); ++step) {
        shuffle(random_, world);
        if (world.pending.empty() || pick(random_, 10) == 0) {
          world.after(50ms);
        } else {
          world.answer_some(1);
        }
        ASSERT_NO_FATAL_FAILURE(expect_once(world, simulator, frame));
      }
      ASSERT_TRUE(world.engine.idle());
    }
  }
}

TEST_F(EngineHistories, WhateverHappensTheFabricEndsAsAsked) {
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    const std::string yaml = random_fabric(random_);
    SCOPED_TRACE(yaml);
    World world(yaml.c_str());
    Sets sets(random_, *world.topology);
    const auto any_switch = [&] {
      return world.topology->switches()[pick(random_, world.topology->switches().size())];
    };
    const auto any_node = [&] { return world.topology->nodes()[pick(random_, world.topology->nodes().size())].name; };
    std::string told;
    for (int step = 0; step < 120; ++step) {
      const Switch chosen = any_switch();
      switch (pick(random_, 11)) {
        case 0:
          told += world.ask(++sets.epoch, sets.next());
          break;
        case 1:
          told += world.switch_up(chosen.name);
          break;
        case 2:
          told += world.switch_down(chosen.name, pick(random_, 2) == 0);
          break;
        case 3:
          told += world.node_up(any_node());
          break;
        case 4:
          told += world.node_down(any_node());
          break;
        case 5: {
          openflow::TransactionResult broken;
          broken.error = base::Error{base::ErrorCode::kTimeout, "no answer", "", "", std::nullopt};
          world.switches[chosen.datapath].refusal = broken;
          break;
        }
        case 6: {  // somebody else writes into the switch
          openflow::Flow foreign;
          foreign.key.table = static_cast<std::uint8_t>(pick(random_, 250));
          world.switches[chosen.datapath].flows[foreign.key] = {foreign, 0, 0};
          break;
        }
        case 7:
          told += world.after(300ms);
          break;
        case 8:
          world.switches[chosen.datapath].refused_number = sets.any_other();
          world.switches[chosen.datapath].bundles = pick(random_, 2) == 0;
          break;
        default:
          told += world.answer_some(1 + pick(random_, 3));
          break;
      }
    }
    for (auto& [datapath, one] : world.switches) {
      one.refusal.reset();
      one.refused_number = 0;
    }
    for (const Switch& one : world.topology->switches()) {
      world.switch_down(one.name);
      world.switch_up(one.name);
    }
    for (const Node& node : world.topology->nodes()) world.node_up(node.name);
    for (int settle = 0; settle < 60; ++settle) {
      told += world.answer();
      told += world.after(1s);
    }
    world.answer();
    EXPECT_TRUE(world.engine.idle());
    EXPECT_TRUE(world.all_in_force());
    for (const PolicyView& policy : world.engine.policies()) {
      const std::string failed = "policy-failed " + policy.name + " ";
      const std::size_t first = told.find(failed);
      const auto state = first == std::string::npos ? PolicyState::kActive : PolicyState::kFailed;
      EXPECT_EQ(policy.state, state) << policy.name << " " << policy.why;
      EXPECT_TRUE(first == std::string::npos || told.find(failed, first + 1) == std::string::npos) << told;
    }
  }
}

}  // namespace
}  // namespace superspan::fabric::support
