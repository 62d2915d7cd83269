// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include <gtest/gtest.h>

#include <array>

#include "cli/commands.h"

namespace superspan::cli {
namespace {

using Words = std::vector<std::string>;

base::Result<Parsed> parse_words(const Words& words) {
  return parse(words, commands());
}

TEST(Parse, JoinsOptionsAndWordsInAnyOrder) {
  const auto parsed =
      parse_words({"-o", "json", "capture", "udp", "-c5", "port", "--from=a,b", "53", "--from", "c", "-w", "-"});
  ASSERT_TRUE(parsed) << base::render(parsed.error());
  EXPECT_EQ(parsed->command->name, "capture");
  EXPECT_EQ(parsed->arguments.positionals(), (Words{"udp", "port", "53"}));
  EXPECT_EQ(parsed->arguments.list("from"), (Words{"a", "b", "c"}));
  EXPECT_EQ(parsed->arguments.count("count"), 5U);
  EXPECT_EQ(parsed->arguments.text("write"), "-");
  EXPECT_EQ(parsed->arguments.text("output"), "json");
  EXPECT_FALSE(parsed->arguments.given("duration"));
}

TEST(Parse, TakesEverythingBehindTwoDashesAsIs) {
  const auto parsed = parse_words({"capture", "--duration", "2h", "--", "-w", "--help"});
  ASSERT_TRUE(parsed) << base::render(parsed.error());
  EXPECT_FALSE(parsed->help);
  EXPECT_EQ(parsed->arguments.positionals(), (Words{"-w", "--help"}));
  EXPECT_EQ(parsed->arguments.duration("duration"), std::chrono::hours(2));
}

TEST(Parse, FindsHelpAnywhere) {
  EXPECT_EQ(parse_words({"policy", "apply", "--what", "-h"})->command->name, "policy apply");
  EXPECT_EQ(parse_words({"help", "policy", "apply"})->command->name, "policy apply");
  EXPECT_EQ(parse_words({"policy", "--help"})->group, "policy");
  EXPECT_EQ(parse_words({"help", "policy"})->group, "policy");
  for (const Words& words : {Words{}, Words{"--help"}, Words{"help"}}) {
    const auto parsed = parse_words(words);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->help && parsed->command == nullptr && parsed->group.empty());
  }
  EXPECT_EQ(parse_words({"--version"})->command->name, "version");
}

TEST(Parse, TakesTheLargestSnaplen) {
  EXPECT_EQ(parse_words({"capture", "udp", "-s", "262144"})->arguments.count("snaplen"), 262'144U);
}

TEST(Parse, SaysWhatIsWrongAndWhatToWrite) {
  struct Case {
    Words words;
    std::string error;
  };
  const std::array cases{
      Case{{"polcy"}, "superspan: unknown command 'polcy'\nhint: did you mean 'policy'?"},
      Case{{"frobnicate"}, "superspan: unknown command 'frobnicate'\nhint: see `superspan --help`"},
      Case{{"policy"},
           "superspan policy: the command is not complete\nhint: add one of: apply, list, show, stats, delete"},
      Case{{"policy", "aply"}, "superspan policy: unknown command 'aply'\nhint: did you mean 'apply'?"},
      Case{{"policy", "make"},
           "superspan policy: unknown command 'make'\nhint: one of: apply, list, show, stats, delete"},
      Case{{"-o", "json"}, "superspan: no command is given\nhint: see `superspan --help`"},
      Case{{"capture"}, "superspan capture: EXPR is missing\nhint: for example: superspan capture udp port 53"},
      Case{{"capture", "udp", "--form", "x"},
           "superspan capture: unknown option '--form'\nhint: did you mean '--from'?"},
      Case{{"capture", "udp", "--xyzzy=1"},
           "superspan capture: unknown option '--xyzzy'\nhint: see `superspan capture --help`"},
      Case{{"capture", "udp", "-c", "many"},
           "superspan capture: --count: 'many' is not a count\nhint: write a whole number, 1 or more"},
      Case{{"capture", "udp", "-s", "999999999999"},
           "superspan capture: --snaplen: '999999999999' is too large\nhint: write a whole number from 1 to 262144"},
      Case{{"capture", "udp", "--duration", "15"},
           "superspan capture: --duration: '15' is not a duration\n"
           "hint: write a number and a unit, as in 10s, 5m, 2h or 1h30m (at most 365d)"},
      Case{{"capture", "udp", "--name", ""},
           "superspan capture: --name: the value is empty\nhint: see `superspan capture --help`"},
      Case{{"capture", "udp", "-w", "a", "-w", "b"}, "superspan capture: --write is given twice\nhint: give it once"},
      Case{{"capture", "udp", "-w"}, "superspan capture: --write needs a value\nhint: see `superspan capture --help`"},
      Case{{"taps", "-o", "xml"}, "superspan taps: --output: 'xml' is not known\nhint: one of: table, json, yaml"},
      Case{{"taps", "leaf1"}, "superspan taps: unexpected argument 'leaf1'\nhint: see `superspan taps --help`"},
      Case{{"policy", "show", "a", "b"},
           "superspan policy show: unexpected argument 'b'\nhint: see `superspan policy show --help`"},
      Case{{"flows", "--diff=yes"}, "superspan flows: --diff takes no value\nhint: see `superspan flows --help`"},
      Case{{"explain", "tcp", "--stage", "tree"},
           "superspan explain: --stage: 'tree' is not known\nhint: one of: ast, resolved, predicate, rules, residual, "
           "split"}};
  for (const Case& c : cases) {
    const auto parsed = parse_words(c.words);
    ASSERT_FALSE(parsed) << c.error;
    EXPECT_EQ(base::render(parsed.error()), c.error);
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace superspan::cli
