// SPDX-License-Identifier: Apache-2.0
#include "api/policy_json.h"

#include <gtest/gtest.h>

namespace superspan::api {
namespace {

// "pointer: message (hint)" of each error, one a line.
std::string errors_of(std::string_view body, std::string_view name = "web") {
  const auto parsed = parse_policy(body, name);
  if (parsed) return "accepted";
  std::string lines;
  for (const auto& error : parsed.error()) {
    lines += error.place + ": " + error.message + (error.hint.empty() ? "" : " (" + error.hint + ")") + "\n";
  }
  return lines;
}

TEST(PolicyJson, TheWholeDocumentIsRead) {
  const auto text =
      parse_policy(R"({"name": "web", "expression": "tcp port 443", "taps": ["t1"], "tools": ["ids1", "node1"],
      "record": true, "stream": false, "limits": {"duration_s": 900, "packets": 1, "bytes": 2}, "owner": "ann",
      "reason": "slow", "ticket": "T-1", "snaplen": 96})",
                   "web");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, (store::PolicyText{
                       "tcp port 443", {"t1"}, {"ids1", "node1"}, true, false, 900, 1, 2, 96, "ann", "slow", "T-1"}));
}

TEST(PolicyJson, OnlyTheExpressionIsNeeded) {
  EXPECT_EQ(*parse_policy(R"({"expression": "ip"})", "web"), (store::PolicyText{.expression = "ip"}));
}

TEST(PolicyJson, WhatWasReadMayBeSentBack) {
  PolicyDocument document;
  document.stored.name = "web";
  document.stored.text = {"tcp port 443", {"t1"}, {}, true, true, 9, 8, 7, 96, "a", "b", "c"};
  document.state = "active";
  document.destinations = {"node1"};
  EXPECT_EQ(*parse_policy(boost::json::serialize(policy_json(document)), "web"), document.stored.text);
}

TEST(PolicyJson, EachErrorSaysWhereAndWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({})", "/expression: 'expression' is missing\n"},
      {R"({"expression": 5})", "/expression: 'expression' must be a string (put it in double quotes)\n"},
      {R"({"expression": "ip", "tols": []})", "/tols: unknown key 'tols' (did you mean 'tools' or 'taps'?)\n"},
      {R"({"expression": "ip", "a/b~c": 1})", "/a~1b~0c: unknown key 'a/b~c'"},
      {R"({"expression": "ip", "taps": "t1"})", "/taps: 'taps' must be a list of at most 4096 names"},
      {R"({"expression": "ip", "taps": ["t1", 2]})", "/taps/1: 'taps' holds something that is no string"},
      {R"({"expression": "ip", "taps": ["t1", "t1"]})", "/taps/1: 't1' is named twice (name it once)\n"},
      {R"({"expression": "ip", "record": 1})", "/record: 'record' must be true or false\n"},
      {R"({"expression": "ip", "limits": []})", "/limits: 'limits' must be an object"},
      {R"({"expression": "ip", "limits": {"packets": -1}})",
       "/limits/packets: 'packets' must be a whole number from 0 to"},
      {R"({"expression": "ip", "limits": {"packets": 1.5}})",
       "/limits/packets: 'packets' must be a whole number from 0 to"},
      {R"({"expression": "ip", "limits": {"packets": 99999999999999999999}})", "/limits/packets:"},
      {R"({"expression": "ip", "limits": {"duration": 1}})",
       "/limits/duration: unknown key 'duration' (did you mean 'duration_s'?)\n"},
      {R"({"expression": "ip", "snaplen": 262145})", "/snaplen: 'snaplen' must be a whole number from 0 to 262144\n"},
      {R"({"expression": "ip", "name": "other"})", "/name: the body names the policy 'other', the path 'web'"},
      {R"({"expression": "ip\u0000"})", "/expression: 'expression' contains a NUL character (remove it)\n"},
  };
  for (const auto& [body, expected] : table) EXPECT_TRUE(errors_of(body).starts_with(expected)) << errors_of(body);
}

TEST(PolicyJson, AllErrorsAreToldAtOnce) {
  const std::string errors = errors_of(R"({"taps": 1, "record": 2, "nonsense": 3})");
  EXPECT_EQ(std::ranges::count(errors, '\n'), 4);
}

TEST(PolicyJson, WhatIsNoJsonIsShownWithItsPlace) {
  for (const std::string& body :
       {std::string(), std::string("["), std::string("[]"), std::string("{"), std::string("{} {}"),
        std::string("{\"a\": nan}"), std::string("\xff"), std::string(1024 * 1024, '[')}) {
    EXPECT_FALSE(parse_policy(body, "web")) << body.substr(0, 20);
  }
  const auto error = parse_policy("{\"expression\": tcp}", "web").error().front();
  ASSERT_TRUE(error.mark);
  EXPECT_EQ(error.mark->begin, 15U);
}

TEST(PolicyJson, NamesAreShortAndPlain) {
  for (const char* name : {"a", "0", "web-1.x_y", "capture-0a1b2c"}) EXPECT_TRUE(is_policy_name(name)) << name;
  for (const std::string& name : {std::string(), std::string("-a"), std::string("A"), std::string("a b"),
                                  std::string("a/b"), std::string("a\n"), std::string(64, 'a')}) {
    EXPECT_FALSE(is_policy_name(name)) << name;
  }
}

TEST(PolicyJson, TimeIsRfc3339) {
  EXPECT_EQ(time_text(base::WallTime(base::Duration(1'795'252'000'000'000'001))), "2026-11-21T09:06:40.000000001Z");
}

TEST(PolicyJson, AKeyThatStandsTwiceIsRefusedWithItsPointer) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"expression": "tcp", "expression": "udp"})", "/expression"},
      {R"({"expression": "tcp", "limits": {"packets": 1, "bytes": 2, "packets": 3}})", "/limits/packets"},
      {R"({"expression": "t\\\"}{", "expr\u0065ssion": "udp"})", "/expression"},
      {R"({"a/b": [0, {"x": null, "y": [], "x": -1.5e3}]})", "/a~1b/1/x"},
  };
  for (const auto& [body, pointer] : cases) {
    const auto parsed = parse_policy(body, "web");
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().front().place, pointer);
    EXPECT_EQ(parsed.error().front().hint, "keep one");
  }
  EXPECT_TRUE(
      parse_policy(R"({"name": "web", "expression": "name", "limits": {"packets": 1}, "owner": "limits"})", "web"));
}

}  // namespace
}  // namespace superspan::api
