// SPDX-License-Identifier: Apache-2.0
// Frames made by hand, each for an edge: src/policy/testdata/frames.txt. What the file says, libpcap and the evaluator
// must both say, and the rules must let it through.
#include "policy/evaluate.h"

#include <gtest/gtest.h>

#include <charconv>
#include <string>

#include "net/flow_key.h"
#include "policy/compile.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/cases.h"
#include "policy/testing/libpcap.h"

namespace superspan::policy {
namespace {

using testing::PcapFilter;

base::Bytes unhex(const std::string& text) {
  base::Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    std::uint8_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    bytes.push_back(std::byte{value});
  }
  return bytes;
}

void check(const std::string& expression, const base::Bytes& frame, bool keeps, const std::string& place) {
  const std::string context = place + ": " + expression;
  const auto libpcap = PcapFilter::create(expression, /*optimize=*/false);
  const auto evaluator = Evaluator::create(expression);
  const auto compiled = compile(expression);
  ASSERT_TRUE(libpcap && evaluator && compiled) << context;
  EXPECT_EQ(libpcap->matches(frame), keeps) << context << ": libpcap";
  EXPECT_EQ(evaluator->matches(frame), keeps) << context << ": evaluator";
  if (keeps && frame.size() >= 14) {
    EXPECT_TRUE(compiled->diagram->accepts(net::extract(frame).values)) << context << ": rules";
  }
}

TEST(Evaluator, KeepsWhatLibpcapKeeps) {
  const auto cases = testing::read_cases("src/policy/testdata/frames.txt");
  ASSERT_GT(cases.size(), 25U);
  for (const testing::Case& test : cases) {
    const base::Bytes frame = unhex(test.text("bytes"));
    for (const auto& [word, expression] : test.lines) {
      if (word == "keeps" || word == "drops") check(expression, frame, word == "keeps", test.place);
    }
  }
}

TEST(Evaluator, KeepsEverythingForTheEmptyExpression) {
  const auto evaluator = Evaluator::create("");
  EXPECT_TRUE(evaluator->matches({}));
  EXPECT_TRUE(Evaluator::create(" \n\t")->matches({}));
}

}  // namespace
}  // namespace superspan::policy
