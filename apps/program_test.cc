// SPDX-License-Identifier: Apache-2.0
#include "apps/program.h"

#include <gtest/gtest.h>

namespace superspan::apps {
namespace {

Leave parse(std::vector<const char*> words) {
  words.insert(words.begin(), "superthing");
  CLI::App app("does things", "superthing");
  app.set_version_flag("--version", "1.2");
  std::string file;
  std::string level;
  int rate = 0;
  app.add_option("--fabric", file, "the fabric file")->required()->type_name("FILE");
  app.add_option("--log-level", level, "how much is said")->check(one_of(kLogLevels))->type_name("LEVEL");
  app.add_option("--rate", rate, "requests a second")->check(whole_number(1, 1000))->type_name("N");
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    return leave(app, error);
  }
  return {};
}

TEST(CommandLine, SaysWhatIsWrongAndWhatToWrite) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{}, "superthing: --fabric is missing\nhint: --fabric FILE: the fabric file\n"},
      {{"--fabric"}, "superthing: --fabric needs one value\nhint: --fabric FILE: the fabric file\n"},
      {{"--fabric", "f", "--fabrik=g"}, "superthing: unknown option '--fabrik'\nhint: did you mean '--fabric'?\n"},
      {{"--fabrik", "g"}, "superthing: unknown option '--fabrik'\nhint: did you mean '--fabric'?\n"},
      {{"--fabric", "f", "--zzz"}, "superthing: unknown option '--zzz'\nhint: see `superthing --help`\n"},
      {{"--fabric", "f", "g"}, "superthing: unexpected argument 'g'\nhint: see `superthing --help`\n"},
      {{"--fabric", "f", "--log-level", "loud"},
       "superthing: --log-level: 'loud' is not known\nhint: one of: debug, info, warning, error\n"},
      {{"--fabric", "f", "--rate", "0"},
       "superthing: --rate: '0' is no number that fits\nhint: write a whole number from 1 to 1000\n"},
      {{"--fabric", "f", "--rate", "many"},
       "superthing: --rate: 'many' is no number that fits\nhint: write a whole number from 1 to 1000\n"},
  };
  for (const auto& [words, text] : cases) {
    const Leave leave = parse(words);
    EXPECT_EQ(leave.text, text);
    EXPECT_EQ(leave.code, 2);
  }
}

TEST(CommandLine, HelpAndVersionSucceed) {
  EXPECT_EQ(parse({"--version"}).code, 0);
  EXPECT_EQ(parse({"--version"}).text, "1.2\n");
  EXPECT_EQ(parse({"--help"}).code, 0);
  EXPECT_TRUE(parse({"--help"}).text.contains("--fabric FILE"));
}

}  // namespace
}  // namespace superspan::apps
