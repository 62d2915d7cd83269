// SPDX-License-Identifier: Apache-2.0
// Expressions with their rules and residuals: src/policy/testdata/rules.txt.
#include <gtest/gtest.h>

#include <string>

#include "policy/compile.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/cases.h"

namespace superspan::policy {
namespace {

std::string describe(const std::vector<Rule>& rules) {
  std::string text;
  for (const Rule& rule : rules) {
    text += rule.accept ? "accept    " : "reject    ";
    text += (rule.match.empty() ? "everything" : net::to_string(rule.match)) + "\n";
  }
  return text;
}

std::string expected_rules(const testing::Case& test) {
  std::string text;
  for (const auto& [word, match] : test.lines) {
    if (word == "accept" || word == "reject") text += word + "    " + match + "\n";
  }
  return text;
}

TEST(Rules, AreTheOnesInTheTable) {
  const auto cases = testing::read_cases("src/policy/testdata/rules.txt");
  ASSERT_GT(cases.size(), 30U);
  for (const testing::Case& test : cases) {
    CompileOptions options;
    options.keep_malformed = test.text("malformed") != "ignored";
    const auto compiled = compile(test.text("policy"), options);
    ASSERT_TRUE(compiled) << test.place << "\n" << base::render(compiled.error());
    EXPECT_EQ(expected_rules(test), describe(compiled->rules)) << test.place;
    EXPECT_EQ(test.text("residual"), compiled->residual ? compiled->residual->expression : "none") << test.place;
    EXPECT_EQ(compiled->residual.has_value(), !compiled->overmatches.empty()) << test.place;
  }
}

TEST(Rules, SayWhatTheyLetThrough) {
  const auto notes = [](const char* expression) {
    const auto compiled = compile(expression);
    std::string text;
    for (const std::string& note : compiled->overmatches) text += note + "\n";
    return text;
  };
  EXPECT_EQ(notes("ether host 00:11:22:aa:bb:cc"), "");
  EXPECT_NE(notes("ip6 and tcp").find("extension headers"), std::string::npos);
  EXPECT_EQ(notes("ip and tcp").find("extension headers"), std::string::npos);
  EXPECT_NE(notes("ip and tcp").find("damaged"), std::string::npos);
  EXPECT_NE(notes("vlan and ip").find("0x9100"), std::string::npos);
  EXPECT_NE(notes("vlan or ip").find("to the left of 'vlan'"), std::string::npos);
  EXPECT_NE(notes("vlan and vlan and ip").find("the first tag"), std::string::npos);
  EXPECT_NE(notes("ether proto 0x88a8").find("0x8100 from 0x88a8"), std::string::npos);
}

TEST(Rules, NameTheCountWhenThereAreTooMany) {
  const auto compiled = compile("host 10.0.0.1 or 10.0.0.2", {.rule_limit = 5, .keep_malformed = false});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, base::ErrorCode::kLimit);
  EXPECT_EQ(compiled.error().message, "12 rules are needed, at most 5 are allowed");
}

TEST(Explain, ShowsEveryStage) {
  const char* expression = "tcp dst port https and not src net 10.1";
  const CompileOptions options{.keep_malformed = false};
  EXPECT_EQ(*explain(expression, Stage::kAst, options),
            "group\n"
            "  tcp dst port https\n"
            "  and not\n"
            "    src net 10.1\n");
  EXPECT_EQ(*explain("ip and tcp dst port https or 80", Stage::kResolved, options),
            "ip and tcp dst port 443 or tcp dst port 80\n");
  EXPECT_EQ(*explain("ip or arp", Stage::kPredicate, options),
            "any of\n"
            "  all of\n"
            "    vlan_tci=0x0/0x1000\n"
            "    dl_type=0x800\n"
            "  all of\n"
            "    vlan_tci=0x0/0x1000\n"
            "    dl_type=0x806\n");
  EXPECT_EQ(*explain("ip or arp", Stage::kRules, options),
            "accept vlan_tci=0x0/0x1000,dl_type=0x800\n"
            "accept vlan_tci=0x0/0x1000,dl_type=0x806\n");
  EXPECT_EQ(*explain("ip or arp", Stage::kResidual, options), "none: the rules are exact\n");
  EXPECT_EQ(*explain("ip and arp", Stage::kRules, options), "nothing is accepted\n");
  EXPECT_TRUE(explain(expression, Stage::kResidual)->starts_with("tcp dst port 443 and not src net 10.1.0.0/16\n# "));
}

TEST(Explain, KnowsItsStages) {
  for (const char* name : {"ast", "resolved", "predicate", "rules", "residual", "split"})
    EXPECT_TRUE(parse_stage(name)) << name;
  EXPECT_EQ(parse_stage("ats").error().code, base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace superspan::policy
