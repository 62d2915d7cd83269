// SPDX-License-Identifier: Apache-2.0
// Random expressions of the whole language: the node understands what is left of them, and keeps what was meant.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/residual.h"
#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/testing/frames.h"
#include "policy/testing/language.h"

namespace superspan::node {
namespace {

using policy::testing::FrameMaker;
using policy::testing::LanguageMaker;
using policy::testing::Random;

TEST(Residual, OfEveryExpressionIsUnderstood) {
  Random random(40);
  LanguageMaker expressions(random);
  FrameMaker maker(random);
  std::vector<base::Bytes> frames(200);
  for (base::Bytes& frame : frames) frame = maker.make();
  std::size_t understood = 0;
  for (int count = 0; count < 3'000 && !HasFailure(); ++count) {
    const std::string expression = expressions.make();
    const auto compiled = policy::compile(expression);
    if (!compiled || !compiled->residual) continue;
    ++understood;
    const std::string& text = compiled->residual->expression;
    const auto residual = Residual::compile(text);
    ASSERT_TRUE(residual) << expression << "\n" << text << "\n" << base::render(residual.error());
    const auto evaluator = policy::Evaluator::create(expression);
    for (const base::Bytes& frame : frames) {
      const auto [wanted, defined] = evaluator->answer(frame, static_cast<std::uint32_t>(frame.size()));
      ASSERT_TRUE(!defined || residual->matches(frame) == wanted) << expression << "\n" << text;
    }
  }
  EXPECT_GT(understood, 1'000U);
}

}  // namespace
}  // namespace superspan::node
