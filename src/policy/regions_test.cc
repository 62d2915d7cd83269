// SPDX-License-Identifier: Apache-2.0
// Many policies in one table, and the question whether two policies can share one.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/flow_key.h"
#include "policy/compile.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/expressions.h"
#include "policy/testing/frames.h"

namespace superspan::policy {
namespace {

using testing::ExpressionMaker;
using testing::FrameMaker;
using testing::Random;

CompiledPolicy lean(const std::string& expression) {
  auto compiled = compile(expression, {.keep_malformed = false});
  EXPECT_TRUE(compiled) << expression;
  return *compiled;
}

std::string describe(const std::vector<std::string>& expressions) {
  std::vector<CompiledPolicy> policies;
  for (const std::string& expression : expressions) policies.push_back(lean(expression));
  std::vector<const Diagram*> diagrams;
  for (const CompiledPolicy& policy : policies) diagrams.push_back(policy.diagram.get());
  const auto rules = regions(diagrams, 1'000);
  if (!rules) return rules.error().message;
  std::string text;
  for (const RegionRule& rule : *rules) {
    text += net::to_string(rule.match) + " =>";
    for (const std::size_t policy : rule.policies) text += " " + std::to_string(policy);
    text += "\n";
  }
  return text;
}

TEST(Regions, GiveOverlapsBothPolicies) {
  EXPECT_EQ(describe({"ether dst 02:00:00:00:00:01", "ether src 02:00:00:00:00:02"}),
            "dl_dst=02:00:00:00:00:01,dl_src=02:00:00:00:00:02 => 0 1\n"
            "dl_dst=02:00:00:00:00:01 => 0\n"
            "dl_src=02:00:00:00:00:02 => 1\n");
}

TEST(Regions, PutTheSmallerNetInFront) {
  EXPECT_EQ(describe({"ip src net 10.0.0.0/8", "ip src net 10.1.0.0/16"}),
            "vlan_tci=0x0/0x1000,dl_type=0x800,nw_src=10.1.0.0/16 => 0 1\n"
            "vlan_tci=0x0/0x1000,dl_type=0x800,nw_src=10.0.0.0/8 => 0\n");
}

TEST(Regions, OfOnePolicyAreItsRules) {
  EXPECT_EQ(describe({"ip"}), "vlan_tci=0x0/0x1000,dl_type=0x800 => 0\n");
}
TEST(Regions, OfNoPolicyAreNone) {
  EXPECT_EQ(describe({}), "");
}

TEST(Regions, HaveALimit) {
  const CompiledPolicy first = lean("ip src host 10.0.0.1 or 10.0.0.2 or 10.0.0.3");
  const CompiledPolicy second = lean("ip dst host 10.0.0.1 or 10.0.0.2 or 10.0.0.3");
  const Diagram* diagrams[] = {first.diagram.get(), second.diagram.get()};
  EXPECT_TRUE(regions(diagrams, 15));
  EXPECT_EQ(regions(diagrams, 14).error().code, base::ErrorCode::kLimit);
}

TEST(Regions, NameThePoliciesThatAcceptAFrame) {
  Random random(20);
  ExpressionMaker expressions(random);
  FrameMaker frames(random);
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> texts;
    std::vector<CompiledPolicy> policies;
    for (std::uint64_t count = 2 + random.below(4); count > 0; --count) {
      texts.push_back(expressions.make());
      policies.push_back(*compile(texts.back()));
    }
    std::vector<const Diagram*> diagrams;
    for (const CompiledPolicy& policy : policies) diagrams.push_back(policy.diagram.get());
    const auto rules = regions(diagrams, 100'000);
    if (!rules) continue;  // a product of port ranges
    for (int count = 0; count < 200; ++count) {
      const net::FlowKey key = net::extract(frames.make());
      std::vector<std::size_t> wanted;
      for (std::size_t at = 0; at < policies.size(); ++at) {
        if (diagrams[at]->accepts(key.values)) wanted.push_back(at);
      }
      for (const std::size_t left : wanted) ASSERT_TRUE(overlaps(*diagrams[left], *diagrams[wanted.front()]));
      const auto found =
          std::ranges::find_if(*rules, [&](const RegionRule& rule) { return net::matches(rule.match, key); });
      ASSERT_EQ(found == rules->end() ? std::vector<std::size_t>{} : found->policies, wanted) << texts.front();
    }
  }
}

TEST(Overlaps, FollowTheFields) {
  const auto overlap = [](const char* left, const char* right) {
    return overlaps(*lean(left).diagram, *lean(right).diagram);
  };
  EXPECT_FALSE(overlap("ip src host 10.0.0.1", "ip src host 10.0.0.2"));
  EXPECT_TRUE(overlap("ip src host 10.0.0.1", "ip dst host 10.0.0.2"));
  EXPECT_TRUE(overlap("net 10.0.0.0/8", "tcp port 80"));
  EXPECT_FALSE(overlap("ip and tcp", "ip and udp"));
  EXPECT_FALSE(overlap("vlan 10", "vlan 20"));
  EXPECT_FALSE(overlap("vlan 10", "ip"));
  EXPECT_TRUE(overlap("", "arp"));
  EXPECT_FALSE(overlap("arp", "not arp"));
}

TEST(Overlaps, IncludeDamagedFramesIfThoseAreKept) {
  const auto left = compile("ip src host 10.0.0.1");
  const auto right = compile("ip src host 10.0.0.2");
  EXPECT_TRUE(overlaps(*left->diagram, *right->diagram));
}

}  // namespace
}  // namespace superspan::policy
