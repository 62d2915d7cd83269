// SPDX-License-Identifier: Apache-2.0
// Every example of docs/policy-language.md does what the page says.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "policy/compile.h"
#include "policy/parse/keywords.h"
#include "policy/parse/lexer.h"
#include "policy/testing/inventory.h"
#include "policy/testing/libpcap.h"
#include "policy/testing/no_resolver.h"

namespace superspan::policy {
namespace {

// The lines of all fenced blocks with this info string.
std::vector<std::string> examples(const std::string& info) {
  std::vector<std::string> found;
  std::ifstream file("docs/policy-language.md");
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside && line == "```" + info;
    } else if (inside) {
      found.push_back(line);
    }
  }
  return found;
}

TEST(LanguagePage, ExamplesCompileHereAndInLibpcap) {
  const auto expressions = examples("expression");
  EXPECT_GT(expressions.size(), 140U);
  for (const std::string& expression : expressions) {
    const auto compiled = compile(expression);
    EXPECT_TRUE(compiled) << (compiled ? "" : base::render(compiled.error()));
    EXPECT_TRUE(testing::PcapFilter::create(expression, /*optimize=*/false)) << expression;
  }
}

TEST(LanguagePage, WordsOfSuperspanCompileHereAndAreRefusedByLibpcap) {
  const auto expressions = examples("expression superspan");
  EXPECT_GT(expressions.size(), 30U);
  std::string all;
  for (const std::string& expression : expressions) {
    const auto compiled = compile(expression, {.names = testing::inventory_names()});
    EXPECT_TRUE(compiled) << (compiled ? "" : base::render(compiled.error()));
    EXPECT_FALSE(testing::PcapFilter::create(expression, /*optimize=*/false)) << expression;
    all += " " + expression;
  }
  for (const std::string_view word : parse::own_words()) {
    EXPECT_NE(all.find(" " + std::string(word) + " "), std::string::npos) << word;
  }
}

TEST(LanguagePage, WhatIsRefusedIsRefusedByBoth) {
  const auto expressions = examples("expression refused");
  EXPECT_FALSE(expressions.empty());
  for (const std::string& expression : expressions) {
    EXPECT_FALSE(compile(expression)) << expression;
    EXPECT_FALSE(testing::PcapFilter::create(expression, /*optimize=*/false)) << expression;
  }
}

// The words of an expression, as the lexer cuts it.
std::set<std::string> words(const std::vector<std::string>& expressions) {
  std::set<std::string> found;
  for (const std::string& expression : expressions) {
    const auto tokens = parse::tokenize(expression);
    for (const parse::Token& token : *tokens) found.insert(std::string(token.text));
  }
  return found;
}

TEST(LanguagePage, HasAnExampleOfEveryWord) {
  const auto understood = words(examples("expression"));
  const auto refused = words(examples("expression refused"));
  for (const std::string_view word : parse::all_words()) {
    const bool meaningless = parse::refused_word(word) != nullptr || word == "gateway";
    EXPECT_TRUE((meaningless ? refused : understood).contains(std::string(word))) << word;
  }
}

TEST(LanguagePage, ShowsARealSplit) {
  std::string shown;
  for (const std::string& line : examples("console")) shown += line + "\n";
  const std::string command = "$ superspan explain '";
  ASSERT_TRUE(shown.starts_with(command));
  const std::string expression = shown.substr(command.size(), shown.find('\'', command.size()) - command.size());
  EXPECT_EQ(shown.substr(shown.find('\n') + 1), explain(expression, Stage::kSplit).value_or("")) << expression;
}

TEST(LanguagePage, ShowsARealError) {
  std::string shown;
  for (const std::string& line : examples("text")) shown += line + "\n";
  EXPECT_NE(shown.find(base::render(compile("tcp host 10.0.0.1").error())), std::string::npos);
}

}  // namespace
}  // namespace superspan::policy
