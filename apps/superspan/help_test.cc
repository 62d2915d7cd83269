// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "apps/superspan/commands.h"
#include "cli/fake_controller.h"
#include "cli/manual.h"
#include "cli/parse.h"

namespace superspan::cli {
namespace {

using test::Outcome;
using test::run_command;

Outcome run(const std::vector<std::string>& words) {
  return run_command(words, {.commands = program_commands()});
}

std::vector<std::string> words_of(const std::string& name) {
  std::istringstream stream(name);
  return {std::istream_iterator<std::string>(stream), {}};
}

TEST(Help, OfEveryCommandTeaches) {
  for (const Command& command : program_commands()) {
    auto words = words_of(command.name);
    words.emplace_back("--help");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(outcome.out.starts_with("usage: superspan " + command.name)) << outcome.out;
    for (const char* part : {"\nexamples:\n", "\noptions of every command:\n", "\nexit codes:\n  0  success\n"}) {
      EXPECT_TRUE(outcome.out.contains(part)) << command.name << " lacks " << part;
    }
    EXPECT_GE(command.examples.size(), 2U) << command.name;
    EXPECT_LE(command.examples.size(), 4U) << command.name;
    EXPECT_GE(command.description.size(), 40U) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
  }
}

TEST(Help, ExamplesNameTheirCommandAndItsOptions) {
  for (const Command& command : program_commands()) {
    for (const Example& example : command.examples) {
      const std::size_t begin = example.command.find("superspan " + command.name);
      ASSERT_NE(begin, std::string::npos) << example.command;
      std::string line = example.command.substr(begin);
      line = line.substr(0, line.find_first_of("|>&)"));
      std::erase(line, '\'');
      const auto words = words_of(line);
      const std::vector<std::string> arguments(words.begin() + 1, words.end());
      const auto parsed = parse(arguments, program_commands());
      EXPECT_TRUE(parsed || example.command.contains("xargs")) << line;
    }
  }
}

TEST(Help, OverviewNamesEveryCommandOnce) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.code, 0);
  std::set<std::string> names;
  for (const Command& command : program_commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name << " is there twice";
    EXPECT_TRUE(outcome.out.contains("\n  " + command.name + "  ")) << command.name;
  }
}

TEST(Help, OptionsOfACommandDoNotHideGlobalOnes) {
  for (const Command& command : program_commands()) {
    std::set<std::string> flags;
    for (const auto* options : {&command.options, &global_options()}) {
      for (const Option& option : *options) {
        for (const std::string& flag : option_flags(option)) {
          EXPECT_TRUE(flags.insert(flag).second) << command.name << " has two options " << flag;
        }
      }
    }
  }
}

TEST(Wrap, KeepsParagraphsAndIndentedLines) {
  EXPECT_EQ(wrap("one two three\nfour\n\n  as  it is\nfive", 9), "one two\nthree\nfour\n\n  as  it is\nfive\n");
}

// Made by `superspan man > docs/man/superspan.1` and `superspan man --markdown > docs/cli.md`.
TEST(Manual, InTheRepositoryIsTheOneThatTheCommandWrites) {
  const auto read = [](const char* path) {
    std::ifstream stream(path);
    EXPECT_TRUE(stream) << path;
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  EXPECT_EQ(read("docs/man/superspan.1"), run({"man"}).out) << "run: superspan man > docs/man/superspan.1";
  EXPECT_EQ(read("docs/cli.md"), run({"man", "--markdown"}).out) << "run: superspan man --markdown > docs/cli.md";
}

TEST(ExitCode, IsStable) {
  using base::ErrorCode;
  EXPECT_EQ(base::exit_code(ErrorCode::kInternal), 1);
  EXPECT_EQ(base::exit_code(ErrorCode::kLimit), 1);
  EXPECT_EQ(base::exit_code(ErrorCode::kInvalid), 2);
  EXPECT_EQ(base::exit_code(ErrorCode::kNotFound), 3);
  EXPECT_EQ(base::exit_code(ErrorCode::kConflict), 4);
  EXPECT_EQ(base::exit_code(ErrorCode::kDenied), 5);
  EXPECT_EQ(base::exit_code(ErrorCode::kTimeout), 6);
  EXPECT_EQ(base::exit_code(ErrorCode::kUnavailable), 6);
}

}  // namespace
}  // namespace superspan::cli
