// SPDX-License-Identifier: Apache-2.0
// We understand an expression if and only if libpcap does. The differences that are left are named in
// docs/policy-language.md and in src/policy/testdata/acceptance.txt.
#include <gtest/gtest.h>

#include <string>

#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/testing/cases.h"
#include "policy/testing/language.h"
#include "policy/testing/libpcap.h"
#include "policy/testing/no_resolver.h"

namespace superspan::policy {
namespace {

using testing::LanguageMaker;
using testing::PcapFilter;
using testing::Random;

constexpr std::size_t kExpressions = 30'000;

// True if both understand it; a failure if only one does.
bool agree(const std::string& expression) {
  std::string reason;
  const bool theirs = PcapFilter::create(expression, /*optimize=*/false, &reason).has_value();
  const auto ours = Evaluator::create(expression);
  EXPECT_EQ(ours.has_value(), theirs) << expression << "\nlibpcap: " << reason
                                      << (ours ? "" : "\nhere: " + base::render(ours.error()));
  return theirs && ours;
}

TEST(Acceptance, OfExpressionsIsLibpcaps) {
  Random random(30);
  LanguageMaker maker(random);
  std::size_t understood = 0;
  for (std::size_t count = 0; count < kExpressions && !HasFailure(); ++count) understood += agree(maker.make()) ? 1 : 0;
  EXPECT_GT(understood, kExpressions / 2);
}

TEST(Acceptance, OfNearlyRightExpressionsIsLibpcaps) {
  Random random(31);
  LanguageMaker maker(random);
  std::size_t understood = 0;
  for (std::size_t count = 0; count < kExpressions && !HasFailure(); ++count) {
    understood += agree(maker.make_wrong()) ? 1 : 0;
  }
  EXPECT_GT(understood, kExpressions / 50);
}

TEST(Acceptance, OfSoupIsLibpcaps) {
  Random random(32);
  LanguageMaker maker(random);
  for (std::size_t count = 0; count < kExpressions && !HasFailure(); ++count) agree(maker.make_soup());
}

TEST(Acceptance, DiffersOnlyAsTheTableSays) {
  const auto cases = testing::read_cases("src/policy/testdata/acceptance.txt");
  EXPECT_GT(cases.size(), 5U);
  for (const testing::Case& test : cases) {
    const std::string expression = test.text("write");
    EXPECT_TRUE(PcapFilter::create(expression, /*optimize=*/false)) << test.place << ": " << expression;
    EXPECT_FALSE(Evaluator::create(expression)) << test.place << ": " << expression;
  }
}

TEST(Acceptance, DiffersInSize) {
  const auto repeated = [](std::string_view text, std::size_t count) {
    std::string all;
    while (count-- > 0) all += text;
    return all;
  };
  for (const std::string& expression : {repeated("(", 201) + "tcp" + repeated(")", 201), "tcp" + repeated(" ", 70'000),
                                        repeated("not ", 250) + "tcp"}) {
    EXPECT_TRUE(PcapFilter::create(expression, /*optimize=*/false)) << expression.substr(0, 60);
    const auto ours = Evaluator::create(expression);
    ASSERT_FALSE(ours) << expression.substr(0, 60);
    EXPECT_EQ(ours.error().code, base::ErrorCode::kLimit) << expression.substr(0, 60);
  }
}

// The text of a residual is another spelling of the same program.
TEST(Acceptance, OfTheResolvedTextMeansTheSameProgram) {
  Random random(33);
  LanguageMaker maker(random);
  std::size_t compared = 0;
  for (std::size_t count = 0; count < kExpressions / 8 && !HasFailure(); ++count) {
    const std::string expression = maker.make();
    // The first two are written out, and read a type once more; a range of one port becomes a port.
    if (expression.contains("ip broadcast") || expression.contains("protochain")) continue;
    if (expression.contains("portrange")) continue;
    const auto program = PcapFilter::create(expression, /*optimize=*/false);
    const auto resolved = program ? explain(expression, Stage::kResolved) : std::unexpected(base::Error{});
    if (!resolved) continue;
    const auto again = PcapFilter::create(*resolved, /*optimize=*/false);
    ASSERT_TRUE(again) << expression << "\n" << *resolved;
    EXPECT_TRUE(program->same_code(*again)) << expression << "\n" << *resolved;
    EXPECT_EQ(explain(*resolved, Stage::kResolved).value_or(""), *resolved) << expression;
    ++compared;
  }
  EXPECT_GT(compared, kExpressions / 20);
}

}  // namespace
}  // namespace superspan::policy
