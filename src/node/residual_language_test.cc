// SPDX-License-Identifier: Apache-2.0
// Random expressions of the whole language: the node understands what is left of them, and keeps what was meant.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/residual.h"
#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/testing/frames.h"
#include "policy/testing/inventory.h"
#include "policy/testing/language.h"
#include "policy/testing/tunnels.h"

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

TEST(Residual, WithWordsOfSuperspanIsEvaluated) {
  const auto names = policy::testing::inventory_names();
  const base::Bytes inside = policy::testing::udp_frame("10.0.0.1", "10.0.0.2", 1000, 53, "hello");
  const base::Bytes frame = policy::testing::in_vxlan(inside, 5000);
  for (const auto& [expression, kept] :
       {std::pair("vni 5000 and inner (vm web-1 and udp port 53)", true), std::pair("inner (vm db-1)", false),
        std::pair("inner (payload /^hello$/ and tap leaf1)", true),
        std::pair("anytag (udp) and not tap leaf1", false)}) {
    const auto compiled = policy::compile(expression, {.names = names});
    ASSERT_TRUE(compiled && compiled->residual) << expression;
    EXPECT_FALSE(compiled->residual->libpcap);
    const auto residual = Residual::compile(compiled->residual->expression);
    ASSERT_TRUE(residual) << base::render(residual.error());
    EXPECT_EQ(residual->matches(frame, 7), kept) << expression;
  }
}

TEST(Residual, AsksNobodyForANameBehindAWordOfSuperspan) {
  for (const char* text : {"inner (host localhost)", "tap leaf1", "inner (vm web-1)", "payload /(/"}) {
    const auto residual = Residual::compile(text);
    ASSERT_FALSE(residual) << text;
    EXPECT_TRUE(residual.error().message.starts_with("residual: ")) << residual.error().message;
  }
}

}  // namespace
}  // namespace superspan::node
