// SPDX-License-Identifier: Apache-2.0
#include "cli/units.h"

#include <gtest/gtest.h>

#include <array>

namespace superspan::cli {
namespace {

TEST(Duration, IsReadAsPeopleWriteIt) {
  struct Case {
    std::string text;
    std::int64_t seconds;
  };
  const std::array cases{Case{"10s", 10},   Case{"5m", 300},        Case{"2h", 7200},        Case{"1h30m", 5400},
                         Case{"1d", 86400}, Case{"365d", 31536000}, Case{"1d2h3m4s", 93784}, Case{"90m", 5400}};
  for (const Case& c : cases) {
    const auto duration = parse_duration(c.text);
    ASSERT_TRUE(duration) << c.text;
    EXPECT_EQ(duration->count(), c.seconds) << c.text;
  }
}

TEST(Duration, RefusesWhatCouldBeMisunderstood) {
  for (const char* text : {"", "10", "s", "10 s", "-5m", "5m1h", "5m5m", "1.5h", "0s", "366d", "99999999999s", "10x"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().message, "'" + std::string(text) + "' is not a duration");
    EXPECT_EQ(duration.error().hint, "write a number and a unit, as in 10s, 5m, 2h or 1h30m (at most 365d)");
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const char* text : {"10s", "5m", "2h", "1h30m", "1d2h3m4s"}) {
    EXPECT_EQ(format_duration(parse_duration(text).value()), text);
  }
  EXPECT_EQ(format_duration(std::chrono::seconds(0)), "0s");
}

TEST(Count, IsAWholeNumberOfAtLeastOne) {
  EXPECT_EQ(parse_count("1"), 1U);
  EXPECT_EQ(parse_count("9223372036854775807"), 9223372036854775807U);
  for (const char* text : {"", "0", "-1", "+1", "1k", "0x10", "9223372036854775808", " 1"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(Bytes, AreShownWithThreeDigitsAtMost) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1.0 kB");
  EXPECT_EQ(format_bytes(9949), "9.9 kB");
  EXPECT_EQ(format_bytes(9951), "10 kB");
  EXPECT_EQ(format_bytes(999499), "999 kB");
  EXPECT_EQ(format_bytes(999501), "1.0 MB");
  EXPECT_EQ(format_bytes(3'400'000'000), "3.4 GB");
  EXPECT_EQ(format_bytes(18446744073709551615U), "18 EB");
}

}  // namespace
}  // namespace superspan::cli
