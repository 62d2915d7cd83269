// SPDX-License-Identifier: Apache-2.0
// Random expressions on random frames: the evaluator says what libpcap says, the rules never miss a wanted frame, and
// rules with residual say what the evaluator says.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "policy/parse/keywords.h"
#include "policy/parse/lexer.h"
#include "policy/testing/expressions.h"
#include "policy/testing/language.h"
#include "policy/testing/no_resolver.h"
#include "policy/testing/subject.h"

namespace superspan::policy {
namespace {

using testing::Damage;
using testing::ExpressionMaker;
using testing::Frame;
using testing::LanguageMaker;
using testing::PcapFilter;
using testing::Random;

constexpr std::size_t kExpressions = 2'600;
constexpr std::size_t kFramesPerExpression = 400;
constexpr std::size_t kFramePool = 20'000;

// Which words of the language were used.
class Coverage {
 public:
  void add(const std::string& expression) {
    const auto tokens = parse::tokenize(expression);
    for (const parse::Token& token : *tokens) used_.insert(std::string(token.text));
  }
  // `gateway` needs a machine's name, and the refused words are refused.
  void expect_all() const {
    std::string missing;
    std::size_t all = 0;
    for (const std::string_view word : parse::all_words()) {
      if (parse::refused_word(word) != nullptr || word == "gateway") continue;
      ++all;
      if (!used_.contains(std::string(word))) missing += " " + std::string(word);
    }
    std::printf("%zu words of the language used\n", all);
    EXPECT_EQ(missing, "");
  }

 private:
  std::set<std::string> used_;
};

struct Tally {
  std::size_t pairs = 0;
  std::size_t exact = 0;
  std::size_t understood = 0;
};

template <typename Maker>
Tally compare(Maker& maker, Random& random, const std::vector<Frame>& frames, const CompileOptions& options,
              Coverage* coverage) {
  Tally tally;
  while (tally.understood < kExpressions && !::testing::Test::HasFailure()) {
    const std::string expression = maker.make();
    const auto made = testing::subject(expression, options);
    if (!made) continue;
    if (coverage != nullptr) coverage->add(expression);
    ++tally.understood;
    tally.exact += made->residual ? 0 : 1;
    for (std::size_t at = 0; at < kFramesPerExpression; ++at, ++tally.pairs) {
      if (!testing::agrees(*made, frames[random.below(frames.size())], /*thorough=*/at % 8 == 0)) return tally;
    }
  }
  std::printf("%zu expression x frame pairs, %zu of %zu expressions without residual\n", tally.pairs, tally.exact,
              tally.understood);
  return tally;
}

TEST(RandomExpressions, OfTheWholeLanguageMeanWhatLibpcapMeansInEveryForm) {
  const std::vector<Frame> frames = testing::frame_pool(kFramePool, 1, Damage::kSome);
  Random random(2);
  LanguageMaker maker(random);
  Coverage coverage;
  EXPECT_GE(compare(maker, random, frames, {}, &coverage).pairs, 1'000'000U);
  coverage.expect_all();
}

TEST(RandomExpressions, WithoutDamagedFramesNeedFewerResiduals) {
  const std::vector<Frame> frames = testing::frame_pool(kFramePool, 3, Damage::kNone);
  Random random(4);
  ExpressionMaker maker(random);
  EXPECT_GT(compare(maker, random, frames, {.keep_malformed = false}, nullptr).exact, kExpressions / 4);
  LanguageMaker whole(random);
  compare(whole, random, frames, {.keep_malformed = false}, nullptr);
}

// `len` is the length on the wire, also of frames that were cut when they were captured.
TEST(RandomExpressions, KnowTheLengthOnTheWire) {
  const std::vector<Frame> frames = testing::frame_pool(200, 5, Damage::kSome);
  for (const char* expression : {"len = 100", "greater 100", "less 100", "len - 50 > ip[8]", "tcp and len >= 100"}) {
    const auto libpcap = PcapFilter::create(expression, /*optimize=*/false);
    const auto evaluator = Evaluator::create(expression);
    ASSERT_TRUE(libpcap && evaluator) << expression;
    for (const Frame& frame : frames) {
      for (const std::uint32_t wire : {99U, 100U, 101U, 9000U}) {
        ASSERT_EQ(evaluator->answer(frame.bytes, wire).keeps, libpcap->matches(frame.bytes, wire)) << expression;
      }
    }
  }
}

// libpcap's optimiser is not the oracle: it may drop reads behind the end of cut frames, and libpcap 1.10.3 gets
// `udp port 0 and 65535 or 80 or 0` wrong. On whole frames such errors must stay rare, or the fault is ours.
TEST(RandomExpressions, MeanTheSameToTheOptimiserOnWholeFrames) {
  const std::vector<Frame> frames = testing::frame_pool(kFramePool, 6, Damage::kNone);
  Random random(7);
  ExpressionMaker maker(random);
  std::size_t different = 0;
  for (std::size_t count = 0; count < kExpressions; ++count) {
    const std::string expression = maker.make();
    const auto optimised = PcapFilter::create(expression, /*optimize=*/true);
    if (!optimised) continue;  // "expression rejects all packets"
    const auto evaluator = Evaluator::create(expression);
    ASSERT_TRUE(evaluator) << expression;
    bool same = true;
    for (std::size_t at = 0; at < kFramesPerExpression / 4; ++at) {
      const Frame& frame = frames[random.below(frames.size())];
      same = same && optimised->matches(frame.bytes) == evaluator->matches(frame.bytes);
    }
    different += same ? 0 : 1;
  }
  EXPECT_LT(different, kExpressions / 100);
}

}  // namespace
}  // namespace superspan::policy
