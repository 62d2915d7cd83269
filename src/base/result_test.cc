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

// An expression of 57 kB is one line.
TEST(Render, CutsLongLinesAroundTheMark) {
  struct Case {
    std::size_t begin;
    std::string lines;
  };
  std::string tests;
  while (tests.size() < 57'000) tests += "tcp port 80 or ";
  const Case cases[] = {
      {0, "web-07 tcp port 80 or tcp port 80 or tcp port 80 or tcp port 80 or tcp port …\n~~~~~~\n"},
      {30'000,
       "…ort 80 or tcp port 80 or tcp port 80 or web-07 tcp port 80 or tcp port 80 or…\n"
       "                                         ~~~~~~\n"},
      {57'000,
       "…ort 80 or tcp port 80 or tcp port 80 or tcp port 80 or tcp port 80 or web-07\n"
       "                                                                       ~~~~~~\n"},
  };
  for (const Case& c : cases) {
    std::string text = tests;
    text.insert(c.begin, c.begin == 57'000 ? "web-07" : "web-07 ");
    const std::string shown = render(unknown_name(text, c.begin, c.begin + 6));
    EXPECT_EQ(shown.substr(shown.find('\n') + 1), c.lines + "hint: did you mean 'web-01'?");
  }
}

TEST(Render, CutsBetweenCharactersAndCountsThem) {
  std::string text;
  while (text.size() < 1000) text += "größe ";
  const std::string shown = render(unknown_name(text + "x", text.size(), text.size() + 1));
  const std::string line = shown.substr(shown.find('\n') + 1);
  EXPECT_TRUE(line.starts_with("…")) << line;
  EXPECT_EQ(static_cast<unsigned char>(line[3]) & 0xc0U, 0x40U) << line;
  const std::string marks = line.substr(line.find('\n') + 1);
  std::size_t columns = 0;
  for (const unsigned char byte : line.substr(0, line.find('\n'))) columns += (byte & 0xc0U) != 0x80 ? 1 : 0;
  EXPECT_EQ(marks.find('~') + 1, columns) << shown;
}

TEST(Render, CutsAWordOf57KilobytesOutOfTheMessage) {
  const std::string word(57'000, 'a');
  const std::string shown = render(fail(ErrorCode::kInvalid, "'" + word + "' is not known").error());
  EXPECT_TRUE(shown.starts_with("'aaa") && shown.ends_with("aaa' is not known") && shown.contains("a…a")) << shown;
  EXPECT_LT(shown.size(), 410U);
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
