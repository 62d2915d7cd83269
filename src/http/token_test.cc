// SPDX-License-Identifier: Apache-2.0
#include "http/token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "http/test_server.h"

namespace superspan::http {
namespace {

TEST(Token, IsMadeOnceWithModeZeroSixHundred) {
  const test::TemporaryFolder folder;
  const auto file = folder / "token";
  const auto first = read_or_make_token(file);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 64U);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(*read_or_make_token(file), *first);
  EXPECT_EQ(*read_token(file), *first);
}

TEST(Token, TwoAreNeverTheSame) {
  EXPECT_NE(*make_token(), *make_token());
}

TEST(Token, AFileThatOthersReadIsRefused) {
  const test::TemporaryFolder folder;
  const auto file = folder / "token";
  ASSERT_TRUE(read_or_make_token(file));
  ::chmod(file.c_str(), 0640);
  EXPECT_EQ(read_token(file).error().code, base::ErrorCode::kDenied);
}

TEST(Token, RubbishAndAbsentFilesAreErrors) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_token(folder / "none").error().code, base::ErrorCode::kNotFound);
  const auto file = folder / "token";
  std::ofstream(file) << "two words of sixteen";
  ::chmod(file.c_str(), 0600);
  EXPECT_EQ(read_token(file).error().code, base::ErrorCode::kInvalid);
}

TEST(Token, ComparesWholeTokensOnly) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("abc", ""));
}

TEST(Token, IsTakenFromTheBearerScheme) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bearer   abc"), "abc");
  EXPECT_EQ(bearer_token("Basic abc"), "");
  EXPECT_EQ(bearer_token("Bearer"), "");
}

}  // namespace
}  // namespace superspan::http
