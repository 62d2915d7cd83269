// SPDX-License-Identifier: Apache-2.0
// Every rule of every expression is a match that the OpenFlow codec takes and hands back: no mask on a field that has
// none, nothing without its prerequisites.
#include <gtest/gtest.h>

#include <string>

#include "openflow/codec.h"
#include "policy/compile.h"
#include "policy/testing/expressions.h"
#include "policy/testing/language.h"

namespace superspan::policy {
namespace {

using testing::ExpressionMaker;
using testing::LanguageMaker;
using testing::Random;

template <typename Maker>
std::size_t send_rules(Maker& maker, const CompileOptions& options) {
  openflow::Encoder encoders[] = {openflow::Encoder(openflow::Version::k13, true),
                                  openflow::Encoder(openflow::Version::k10, true)};
  std::size_t sent = 0;
  for (int count = 0; count < 2'000 && !::testing::Test::HasFailure(); ++count) {
    const std::string expression = maker.make();
    const auto compiled = compile(expression, options);
    if (!compiled) continue;
    for (const Rule& rule : compiled->rules) {
      openflow::FlowMod mod;
      mod.flow.key.match.headers = rule.match;
      for (openflow::Encoder& encoder : encoders) {
        base::Bytes bytes;
        const auto status = encoder.flow_mod(bytes, 1, mod);
        EXPECT_TRUE(status) << expression << "\n"
                            << net::to_string(rule.match) << "\n"
                            << (status ? "" : base::render(status.error()));
      }
      ++sent;
    }
  }
  return sent;
}

TEST(Rules, OfAllExpressionsCanBeSentToASwitch) {
  Random random(60);
  LanguageMaker whole(random);
  ExpressionMaker plain(random);
  EXPECT_GT(send_rules(whole, {}), 5'000U);
  EXPECT_GT(send_rules(whole, {.keep_malformed = false}), 5'000U);
  EXPECT_GT(send_rules(plain, {}), 5'000U);
}

}  // namespace
}  // namespace superspan::policy
