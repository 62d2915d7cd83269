// SPDX-License-Identifier: Apache-2.0
// Every error names the place, the reason and what to write instead; src/policy/testdata/errors.txt pins the words.
#include <gtest/gtest.h>

#include <string>

#include "policy/compile.h"
#include "policy/testing/cases.h"
#include "policy/testing/inventory.h"

namespace superspan::policy {
namespace {

TEST(Errors, ShowPlaceReasonAndRemedy) {
  const auto cases = testing::read_cases("src/policy/testdata/errors.txt");
  ASSERT_GT(cases.size(), 40U);
  for (const testing::Case& test : cases) {
    const std::string expression = test.text("write");
    CompileOptions options;
    if (test.text("inventory") == "yes") options.names = testing::inventory_names();
    const auto compiled = compile(expression, options);
    ASSERT_FALSE(compiled) << test.place << ": " << expression << " compiles";
    const base::Error& error = compiled.error();
    EXPECT_EQ(error.code, base::ErrorCode::kInvalid) << test.place;
    ASSERT_TRUE(error.mark) << test.place;
    const std::string marked = std::string(error.mark->begin, '.') +
                               std::string(std::max<std::size_t>(1, error.mark->end - error.mark->begin), '~');
    EXPECT_EQ(
        "write  " + expression + "\nmark   " + marked + "\nerror  " + error.message + "\nhint   " + error.hint + "\n",
        "write  " + expression + "\nmark   " + test.text("mark") + "\nerror  " + test.text("error") + "\nhint   " +
            test.text("hint") + "\n")
        << test.place;
  }
}

}  // namespace
}  // namespace superspan::policy
