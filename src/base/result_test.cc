// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

namespace superspan::base {
namespace {

Error unknown_name(std::string text, std::size_t begin, std::size_t end) {
  return {ErrorCode::kInvalid, "unknown name 'web-07'", "did you mean 'web-01'?", "expression",
          SourceMark{std::move(text), begin, end}};
}

TEST(Render, MarksTheWordInItsLine) {
  EXPECT_EQ(render(unknown_name("src host web-07", 9, 15)),
            "expression:1:10-15: unknown name 'web-07'\n"
            "src host web-07\n"
            "         ~~~~~~\n"
            "hint: did you mean 'web-01'?");
}

TEST(Render, MarksTheRightLineOfMany) {
  EXPECT_EQ(render(unknown_name("tcp and\nweb-07\nor udp", 8, 14)),
            "expression:2:1-6: unknown name 'web-07'\n"
            "web-07\n"
            "~~~~~~\n"
            "hint: did you mean 'web-01'?");
}

TEST(Render, MarksTheEndOfTheText) {
  const std::string text = render(unknown_name("tcp and", 7, 7));
  EXPECT_NE(text.find("expression:1:8: "), std::string::npos);
  EXPECT_NE(text.find("tcp and\n       ~\n"), std::string::npos);
}

TEST(Render, CutsLongLinesAroundTheMark) {
  const std::string text = render(unknown_name(std::string(100'000, 'a'), 50'000, 50'003));
  EXPECT_LT(text.size(), 400U);
}

TEST(Render, SurvivesAMarkOutsideTheText) {
  EXPECT_NE(render(unknown_name("ip", 50, 60)).find("unknown name"), std::string::npos);
}

TEST(Render, HidesControlBytes) {
  EXPECT_EQ(render(unknown_name("a\x1b[31m", 0, 1)).find('\x1b'), std::string::npos);
}

TEST(Render, WithoutAMarkIsOneLine) {
  EXPECT_EQ(render(fail(ErrorCode::kNotFound, "no tap 'x'", "", "policy web").error()), "policy web: no tap 'x'");
}

}  // namespace
}  // namespace superspan::base
