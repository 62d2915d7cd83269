// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gtest/gtest.h>

#include "http/problem.h"

namespace superspan::http {
namespace {

TEST(Target, SplitsPathAndArguments) {
  const auto target = parse_target("/v1/flows?switch=filter%201&view=diff&&flag&a=b=c");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/flows");
  EXPECT_EQ(target->query, (Fields{{"switch", "filter 1"}, {"view", "diff"}, {"flag", ""}, {"a", "b=c"}}));
}

TEST(Target, BrokenEscapesAreErrors) {
  for (const char* text : {"/a?b=%", "/a?b=%4", "/a?b=%zz", "/a?%00=1", "a", "", "*"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(Percent, EncodingComesBack) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(*percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
}

TEST(Headers, NamesIgnoreCase) {
  Request request;
  request.headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(request.header("content-type"), "text/plain");
  EXPECT_FALSE(request.header("content"));
}

TEST(Problem, AnErrorComesBackTheSameOnTheOtherSide) {
  base::Error error{base::ErrorCode::kInvalid, "unknown word 'prot'", "did you mean 'port'?", "/expression",
                    base::SourceMark{"tcp prot 80", 4, 8}};
  const Response response = problem(error);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(base::render(error_of(response)), base::render(error));
}

TEST(Problem, WhatIsNoUtf8IsReplacedByteByByte) {
  const base::Error error{
      base::ErrorCode::kInvalid, "\xff \xc3\xa9 \xe2\x82 \xed\xa0\x80 \xf0\x9f\x98\x80", "", "", {}};
  EXPECT_EQ(error_of(problem(error)).message, "? \xc3\xa9 ?? ??? \xf0\x9f\x98\x80");
}

TEST(Problem, EveryCodeSurvivesTheStatus) {
  using base::ErrorCode;
  for (const auto code : {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict, ErrorCode::kDenied,
                          ErrorCode::kLimit, ErrorCode::kTimeout, ErrorCode::kUnavailable, ErrorCode::kInternal}) {
    EXPECT_EQ(code_of(status_of(code)), code) << base::to_string(code);
  }
}

TEST(Problem, AForeignAnswerIsStillAnError) {
  Response response;
  response.status = 502;
  response.body = "<html>bad gateway</html>";
  EXPECT_EQ(error_of(response).code, base::ErrorCode::kUnavailable);
  EXPECT_FALSE(checked(response));
  response.body = R"({"errors": [7], "detail": 5})";
  EXPECT_EQ(error_of(response).message, "the server answered 502");
}

}  // namespace
}  // namespace superspan::http
