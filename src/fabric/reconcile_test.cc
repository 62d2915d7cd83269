// SPDX-License-Identifier: Apache-2.0
#include "fabric/reconcile.h"

#include <gtest/gtest.h>

namespace superspan::fabric {
namespace {

DesiredFlow desired(std::uint8_t table, openflow::PortNumber out, std::uint32_t policy = 1) {
  DesiredFlow made;
  made.flow.key.table = table;
  made.flow.cookie = Cookie{policy, Stage::kOutput, table}.value();
  made.flow.actions = {openflow::Output{out}};
  return made;
}

DesiredFlows holding(std::vector<DesiredFlow> flows) {
  DesiredFlows all;
  all.set({1, Stage::kOutput}, std::make_shared<FlowBlock>(std::move(flows)));
  return all;
}

InstalledFlows installed(const DesiredFlows& flows) {
  InstalledFlows all;
  for (const openflow::Flow& flow : flows.flows()) all[flow.key] = {flow, 9, 900};
  return all;
}

std::string words(const std::vector<openflow::FlowMod>& mods) {
  std::string text;
  for (const openflow::FlowMod& mod : mods) {
    text += (mod.command == openflow::FlowCommand::kAdd ? "+" : "-") + std::to_string(mod.flow.key.table) + " ";
  }
  return text;
}

TEST(Cookie, CarriesPolicyStageAndIndex) {
  const Cookie cookie{0x123456, Stage::kRoute, 0xabcd};
  EXPECT_EQ(cookie.value(), 0x535012345603abcdU);
  EXPECT_EQ(Cookie::parse(cookie.value()), cookie);
  EXPECT_FALSE(Cookie::parse(0x1234));
  EXPECT_FALSE(Cookie::parse(0x53500000000f0000));  // no such stage
}

TEST(Changes, AreNewAndChangedFlowsThenThoseThatGo) {
  const DesiredFlows from = holding({desired(1, 1), desired(2, 2), desired(3, 3)});
  const DesiredFlows to = holding({desired(4, 4), desired(2, 20), desired(3, 3)});
  EXPECT_EQ(words(changes(from, to)), "+2 +4 -1 ");
  EXPECT_EQ(words(changes(from, from)), "");
}

TEST(Changes, OfAFlowThatMovesToAnotherBlockAreNone) {
  DesiredFlows from = holding({desired(1, 1)});
  DesiredFlows to;
  to.set({2, Stage::kOutput}, std::make_shared<FlowBlock>(FlowBlock{desired(1, 1)}));
  EXPECT_EQ(words(changes(from, to)), "");
}

TEST(Compare, OfAPartLooksAtItsCookiesOnlyAndNeverRemovesWhatIsDesired) {
  const DesiredFlows wanted = holding({desired(1, 1), desired(2, 2), desired(3, 3)});
  const openflow::CookieFilter odd = {1, 1};  // tables 1 and 3: the index is the table
  InstalledFlows found;
  found[desired(1, 1).flow.key] = {desired(1, 1).flow, 0, 0};
  openflow::Flow moved = desired(2, 2).flow;
  moved.cookie |= 1;
  found[moved.key] = {moved, 0, 0};
  const Difference difference = compare(found, wanted, odd);
  EXPECT_EQ(words(difference.mods), "+3 +2 ");
  EXPECT_EQ(difference.missing, 1U);
  EXPECT_EQ(difference.changed, 1U);
}

TEST(Compare, FindsMissingChangedStaleAndForeignFlows) {
  const DesiredFlows wanted = holding({desired(1, 1), desired(2, 2), desired(3, 3)});
  InstalledFlows found = installed(holding({desired(2, 20), desired(3, 3), desired(5, 5)}));
  openflow::Flow foreign;
  foreign.key.table = 6;
  foreign.cookie = 7;
  found[foreign.key] = {foreign, 0, 0};
  openflow::Flow strange = desired(3, 3).flow;  // our key, but something that values cannot express
  strange.foreign = "idle_timeout=10";
  found[strange.key].flow = strange;
  const Difference difference = compare(found, wanted);
  EXPECT_EQ(difference.missing, 1U);
  EXPECT_EQ(difference.changed, 2U);
  EXPECT_EQ(difference.stale, 1U);
  EXPECT_EQ(difference.foreign, 1U);
  EXPECT_EQ(words(difference.mods), "+1 +2 +3 -5 -6 ");
  apply(difference.mods, found);
  EXPECT_EQ(compare(found, wanted).count(), 0U);
}

}  // namespace
}  // namespace superspan::fabric
