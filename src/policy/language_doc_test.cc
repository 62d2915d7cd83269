// SPDX-License-Identifier: Apache-2.0
// Every example of docs/policy-language.md does what the page says.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "policy/compile.h"
#include "policy/testing/libpcap.h"

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
  EXPECT_GT(expressions.size(), 60U);
  for (const std::string& expression : expressions) {
    const auto compiled = compile(expression);
    EXPECT_TRUE(compiled) << (compiled ? "" : base::render(compiled.error()));
    EXPECT_TRUE(testing::PcapFilter::create(expression, /*optimize=*/false)) << expression;
  }
}

TEST(LanguagePage, OwnExamplesCompileHereOnly) {
  const auto expressions = examples("expression superspan-only");
  EXPECT_FALSE(expressions.empty());
  for (const std::string& expression : expressions) {
    EXPECT_TRUE(compile(expression)) << expression;
    EXPECT_FALSE(testing::PcapFilter::create(expression, /*optimize=*/false)) << expression;
  }
}

TEST(LanguagePage, WhatIsNotUnderstoodYetIsRefused) {
  const auto expressions = examples("expression refused");
  EXPECT_FALSE(expressions.empty());
  for (const std::string& expression : expressions) EXPECT_FALSE(compile(expression)) << expression;
}

TEST(LanguagePage, ShowsARealError) {
  std::string shown;
  for (const std::string& line : examples("text")) shown += line + "\n";
  EXPECT_NE(shown.find(base::render(compile("tcp host 10.0.0.1").error())), std::string::npos);
}

}  // namespace
}  // namespace superspan::policy
