// SPDX-License-Identifier: Apache-2.0
// Golden flows: policies => flows of a switch, in the words of ovs-ofctl without cookies.
#include "fabric/pipeline.h"

#include <gtest/gtest.h>

#include "fabric/testing/random.h"

namespace superspan::fabric::support {
namespace {

std::string flows_of(const Topology& topology, const std::vector<Policy>& policies, const std::string& name) {
  std::string text = "\n";
  const auto flows = steady_flows(topology, policies);
  for (const openflow::Flow& flow : flows[*topology.find_switch(name)]) {
    std::string line = to_string(flow);
    const std::size_t cookie = line.find(",cookie=");
    line.erase(cookie, line.find(',', cookie + 1) - cookie);
    text += line + "\n";
  }
  return text;
}

std::shared_ptr<const policy::CompiledPolicy> web() {
  return rules({accept({is(Field::kEthType, 0x800), is(Field::kIpProto, 6), is(Field::kL4Destination, 80)})});
}
std::shared_ptr<const policy::CompiledPolicy> dns() {
  return rules({accept({is(Field::kEthType, 0x800), is(Field::kIpProto, 17), is(Field::kL4Destination, 53)})});
}
std::shared_ptr<const policy::CompiledPolicy> all_but_web() {
  return rules(
      {reject({is(Field::kEthType, 0x800), is(Field::kIpProto, 6), is(Field::kL4Destination, 80)}), accept({})});
}

TEST(Pipeline, WithoutPoliciesEverythingEndsInTheFirstTable) {
  EXPECT_EQ(flows_of(make_fabric(kOneSwitch), {}, "s1"), R"(
table=0,priority=0,actions=drop
table=0,priority=100,in_port=1,actions=drop
table=0,priority=100,in_port=2,actions=drop
)");
}

TEST(Pipeline, OnePolicyToOneToolInOneSwitch) {
  EXPECT_EQ(flows_of(make_fabric(kOneSwitch), {wanted_policy(1, web(), {}, {"tool2"})}, "s1"), R"(
table=0,priority=0,actions=drop
table=0,priority=100,in_port=1,actions=set_field:0x1/0xffffffff->reg8,resubmit(,1),resubmit(,200),resubmit(,218)
table=0,priority=100,in_port=2,actions=set_field:0x2/0xffffffff->reg8,resubmit(,1),resubmit(,200),resubmit(,218)
table=1,priority=32768,dl_type=0x800,nw_proto=6,tp_dst=80,actions=set_field:0x1/0x1->reg0
table=200,priority=0,actions=resubmit(,204)
table=200,priority=10,reg0=0x0,reg1=0x0,actions=drop
table=204,priority=100,reg0=0x1/0x1,reg13=0x0/0x1,actions=set_field:0x2/0x2->reg9,set_field:0x1/0x1->reg13,resubmit(,204)
table=218,priority=99,reg9=0x2/0x2,actions=output:12,set_field:0x0/0x2->reg9,resubmit(,218)
)");
}

TEST(Pipeline, AFilterSendsOneEncapsulatedCopyUpstream) {
  EXPECT_EQ(flows_of(make_fabric(kFourSwitches),
                     {wanted_policy(1, web(), {}, {"tool1"}), wanted_policy(2, all_but_web(), {"tap3"}, {"node1"})},
                     "filter2"),
            R"(
table=0,priority=0,actions=drop
table=0,priority=100,in_port=1,actions=set_field:0x3/0xffffffff->reg8,resubmit(,1),resubmit(,2),resubmit(,200)
table=1,priority=32768,dl_type=0x800,nw_proto=6,tp_dst=80,actions=set_field:0x1/0x1->reg0
table=2,priority=32767,actions=set_field:0x2/0x2->reg0
table=2,priority=32768,dl_type=0x800,nw_proto=6,tp_dst=80,actions=drop
table=200,priority=0,actions=resubmit(,204),resubmit(,212)
table=200,priority=10,reg0=0x0,reg1=0x0,actions=drop
table=204,priority=99,reg0=0x2/0x2,reg13=0x0/0x2,actions=set_field:0x1/0x1->reg11,set_field:0x2/0x2->reg13,resubmit(,204)
table=204,priority=100,reg0=0x1/0x1,reg13=0x0/0x1,actions=set_field:0x1/0x1->reg11,set_field:0x1/0x1->reg13,resubmit(,204)
table=212,priority=0,actions=clone(encap(nsh(md_type=1)),set_field:0x1->nsh_spi,move:reg8->nsh_c1,set_field:0x7->nsh_c2,move:reg0->nsh_c3,move:reg1->nsh_c4,encap(ethernet),set_field:02:00:00:00:00:ff->dl_dst,set_field:02:00:00:00:00:fe->dl_src,resubmit(,216))
table=212,priority=10,reg11=0x0,reg12=0x0,actions=drop
table=216,priority=100,reg11=0x1/0x1,actions=output:49,set_field:0x0/0x1->reg11,resubmit(,216)
)");
}

TEST(Pipeline, AMuxRoutesAndADeliverySwitchDecapsulates) {
  const std::vector<Policy> policies = {wanted_policy(1, web(), {}, {"tool1", "node1"})};
  EXPECT_EQ(flows_of(make_fabric(kFourSwitches), policies, "mux1"), R"(
table=0,priority=0,actions=drop
table=0,priority=100,in_port=1,dl_type=0x894f,nsh_spi=0x1,actions=move:nsh_c3->reg0,move:nsh_c4->reg1,resubmit(,204),resubmit(,216)
table=0,priority=100,in_port=2,dl_type=0x894f,nsh_spi=0x1,actions=move:nsh_c3->reg0,move:nsh_c4->reg1,resubmit(,204),resubmit(,216)
table=0,priority=100,in_port=3,dl_type=0x894f,nsh_spi=0x1,actions=move:nsh_c3->reg0,move:nsh_c4->reg1,resubmit(,204),resubmit(,216)
table=204,priority=100,reg0=0x1/0x1,reg13=0x0/0x1,actions=set_field:0x4/0x4->reg11,set_field:0x1/0x1->reg13,resubmit(,204)
table=216,priority=98,reg11=0x4/0x4,actions=output:3,set_field:0x0/0x4->reg11,resubmit(,216)
)");
  EXPECT_EQ(flows_of(make_fabric(kFourSwitches), policies, "delivery1"), R"(
table=0,priority=0,actions=drop
table=0,priority=100,in_port=49,dl_type=0x894f,nsh_spi=0x1,actions=move:nsh_c3->reg0,move:nsh_c4->reg1,resubmit(,204),resubmit(,216),resubmit(,220)
table=204,priority=100,reg0=0x1/0x1,reg13=0x0/0x1,actions=set_field:0x1/0x1->reg9,set_field:0x1/0x1->reg11,set_field:0x1/0x1->reg13,resubmit(,204)
table=216,priority=100,reg11=0x1/0x1,actions=output:21,set_field:0x0/0x1->reg11,resubmit(,216)
table=218,priority=100,reg9=0x1/0x1,actions=output:11,set_field:0x0/0x1->reg9,resubmit(,218)
table=220,priority=100,reg9=0x1/0x1,actions=decap(),decap(),resubmit(,218)
)");
}

std::set<unsigned> match_tables(const Topology& topology, const std::vector<Policy>& policies) {
  std::set<unsigned> tables;
  for (const auto& flows : steady_flows(topology, policies)) {
    for (const openflow::Flow& flow : flows) {
      if (flow.key.table >= kMatchTable && flow.key.table < kNamespaceTable) tables.insert(flow.key.table);
    }
  }
  return tables;
}

TEST(Pipeline, PoliciesThatNeverMeetShareATable) {
  const Topology topology = make_fabric(kFourSwitches);
  const std::vector<std::string> tool = {"tool1"};
  EXPECT_EQ(match_tables(topology, {wanted_policy(1, web(), {}, tool), wanted_policy(2, dns(), {}, tool)}).size(), 1U);
  EXPECT_EQ(
      match_tables(topology, {wanted_policy(1, web(), {"tap1"}, tool), wanted_policy(2, web(), {"tap2"}, tool)}).size(),
      1U);
  EXPECT_EQ(match_tables(topology, {wanted_policy(1, web(), {}, tool), wanted_policy(2, web(), {}, tool)}).size(), 2U);
  // Separate, but the rule that rejects web would hide the other policy's rule in a table of both.
  EXPECT_EQ(
      match_tables(topology, {wanted_policy(1, web(), {}, tool), wanted_policy(2, all_but_web(), {}, tool)}).size(),
      2U);
}

TEST(Pipeline, ALocationAwarePolicyNamesItsPorts) {
  const std::string flows = flows_of(make_fabric(kOneSwitch), {wanted_policy(1, web(), {"tap2"}, {"tool1"})}, "s1");
  EXPECT_NE(flows.find("table=1,priority=32768,in_port=2,dl_type=0x800"), std::string::npos) << flows;
  EXPECT_NE(flows.find("table=0,priority=100,in_port=1,actions=drop"), std::string::npos) << flows;
}

TEST(Pipeline, AToolOfSeveralNamespacesHasABitOfItsOwn) {
  const Topology topology = make_fabric(kOneSwitch);
  const std::string flows = flows_of(
      topology, {wanted_policy(1, web(), {}, {"tool2"}), wanted_policy(65, web(), {}, {"tool2", "tool3"})}, "s1");
  EXPECT_NE(flows.find("actions=set_field:0x1/0x1->reg0,set_field:0x2/0x2->reg6\n"), std::string::npos) << flows;
  EXPECT_NE(flows.find("actions=set_field:0x1/0x1->reg2,set_field:0x2/0x2->reg6\n"), std::string::npos) << flows;
}

TEST(Pipeline, NoFlowOfAnyRandomFabricOutputsToATapPort) {
  Random random(seed());
  for (int round = 0; round < 30; ++round) {
    const Topology topology = make_fabric(random_fabric(random));
    std::vector<Policy> policies;
    for (std::uint32_t number = 1; number < 20; ++number) {
      policies.push_back(wanted_policy(number * 7, number % 2 == 0 ? web() : all_but_web(), {}, {"tool0", "node0"}));
    }
    const auto flows = steady_flows(topology, policies);
    for (SwitchIndex at = 0; at < flows.size(); ++at) {
      for (const openflow::Flow& flow : flows[at]) {
        for (const openflow::Action& action : flow.actions) {
          const auto* const output = std::get_if<openflow::Output>(&action);
          if (output == nullptr) continue;
          const auto use = topology.port({at, output->port});
          ASSERT_TRUE(use);
          ASSERT_NE(use->role, Topology::PortRole::kTap) << to_string(flow);
        }
      }
    }
  }
}

TEST(Pipeline, TwoHundredOverlappingPoliciesAreTooManyBitsButOneHundredAndNinetyTwoFit) {
  const Topology topology = make_fabric(kOneSwitch);
  std::vector<Slot> taken;
  std::vector<Policy> policies;
  for (std::uint32_t number = 1; number <= kPoliciesMax; ++number) {
    const auto slot = choose_slot(taken, taken.empty() ? std::nullopt : std::optional(taken.back()));
    ASSERT_TRUE(slot);
    taken.push_back(*slot);
    policies.push_back(wanted_policy(number, web(), {}, {"tool1"}));
    policies.back().slot = *slot;
  }
  EXPECT_EQ(match_tables(topology, policies).size(), kPoliciesMax);
  const auto none = choose_slot(taken, taken.back());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "all 192 policy bits are in use");
}

TEST(Slot, IsTheNextFreeOneBehindTheLatest) {
  EXPECT_EQ(*choose_slot({}, std::nullopt), (Slot{0, 0}));
  const std::vector<Slot> taken = {{0, 0}, {0, 5}};
  EXPECT_EQ(*choose_slot(taken, Slot{0, 4}), (Slot{0, 6}));  // bit 4 was just freed: it rests
  EXPECT_EQ(*choose_slot(taken, Slot{0, 63}), (Slot{0, 1}));
  EXPECT_EQ(*choose_slot(taken, Slot{1, 3}), (Slot{0, 1}));  // a namespace is opened only when those before are full
}

}  // namespace
}  // namespace superspan::fabric::support
