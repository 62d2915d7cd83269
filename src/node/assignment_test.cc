// SPDX-License-Identifier: Apache-2.0
#include "node/assignment.h"

#include <gtest/gtest.h>

#include <string>

namespace superspan::node {
namespace {

constexpr std::string_view kPolicy =
    R"({"name":"web","number":3,"service_path":1,"bit":0,"from_epoch":7,"expression":"tcp port 443"})";

std::string with_policies(std::string_view policies) {
  return R"({"controller":"c1","revision":12,"epoch":7,"taps":[],"policies":[)" + std::string(policies) + "]}";
}

std::string with_member(std::string_view member) {
  return with_policies(std::string(kPolicy.substr(0, kPolicy.size() - 1)) + "," + std::string(member) + "}");
}

TEST(Assignment, ReadsEverythingThatTheControllerSends) {
  const auto read = parse_assignment(R"({
    "controller": "c1", "revision": 12, "epoch": 7, "taps": [{"id":1,"name":"leaf1-spine1","description":"uplink"}],
    "policies": [{"name":"web","number":3,"service_path":1,"bit":63,"from_epoch":7,"expression":"tcp port 443",
      "residual":"tcp","record":true,"stream":true,"snaplen":128,"limits":{"packets":10,"bytes":2000},
      "owner":"ann","reason":"slow","ticket":"T-1","created":"2026-11-21T19:38:04Z"}]})");
  ASSERT_TRUE(read) << base::render(read.error());
  EXPECT_EQ(read->controller, "c1");
  EXPECT_EQ(read->revision, 12U);
  EXPECT_EQ(read->epoch, 7U);
  EXPECT_EQ(read->taps, (std::vector<AssignedTap>{{1, "leaf1-spine1", "uplink"}}));
  const AssignedPolicy expected{"web", 3,   1,  63,   7,     "tcp port 443", "tcp", true,
                                true,  128, 10, 2000, "ann", "slow",         "T-1", "2026-11-21T19:38:04Z"};
  ASSERT_EQ(read->policies.size(), 1U);
  EXPECT_EQ(read->policies[0], expected);
}

TEST(Assignment, LeavesOutWhatHasADefault) {
  const auto read = parse_assignment(with_policies(kPolicy));
  ASSERT_TRUE(read) << base::render(read.error());
  EXPECT_FALSE(read->policies.at(0).record);
  EXPECT_EQ(read->policies.at(0).limit_packets, 0U);
}

TEST(Assignment, KeepsWhatHasNotChanged) {
  const auto base =
      parse_assignment(R"({"controller":"c1","revision":12,"epoch":7,"taps":[{"id":1,"name":"t1"}],"policies":[)" +
                       std::string(kPolicy) + "]}");
  ASSERT_TRUE(base);
  const std::string brief = R"({"controller":"c1","revision":13,"as_in":12,"epoch":8,"policies":[{"number":3},)"
                            R"({"name":"dns","number":4,"service_path":1,"bit":1,"from_epoch":8,"expression":"udp"}]})";
  const auto read = parse_assignment(brief, &*base);
  ASSERT_TRUE(read) << base::render(read.error());
  EXPECT_EQ(read->revision, 13U);
  EXPECT_EQ(read->epoch, 8U);
  EXPECT_EQ(read->taps, base->taps);
  ASSERT_EQ(read->policies.size(), 2U);
  EXPECT_EQ(read->policies[0], base->policies[0]);
  EXPECT_EQ(read->policies[1].name, "dns");
  EXPECT_EQ(parse_assignment(brief).error().code, base::ErrorCode::kConflict) << "a node that was restarted";
  const auto other = [&](std::string from, std::string to) {
    std::string json = brief;
    json.replace(json.find(from), from.size(), to);
    return parse_assignment(json, &*base).error();
  };
  EXPECT_EQ(other("\"as_in\":12", "\"as_in\":11").code, base::ErrorCode::kConflict);
  EXPECT_EQ(other("\"c1\"", "\"c2\"").code, base::ErrorCode::kConflict);
  EXPECT_EQ(other("{\"number\":3}", "{\"number\":9}").message, "revision 12 has no policy 9");
  EXPECT_EQ(other("{\"number\":3}", "{\"number\":9}").place, "/policies/0/number");
  EXPECT_EQ(other("\"as_in\":12,", "").place, "/taps");
}

struct Wrong {
  std::string json;
  std::string place;
  std::string message;
};

class AssignmentError : public ::testing::TestWithParam<Wrong> {};

TEST_P(AssignmentError, NamesThePlaceAndTheFault) {
  const auto read = parse_assignment(GetParam().json);
  ASSERT_FALSE(read) << GetParam().json;
  EXPECT_EQ(read.error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(read.error().place, GetParam().place);
  EXPECT_EQ(read.error().message.substr(0, GetParam().message.size()), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AssignmentError,
    ::testing::Values(
        Wrong{"", "", "not JSON"}, Wrong{"[]", "", "not a JSON object"}, Wrong{"{\"revision\":", "", "not JSON"},
        Wrong{R"({"revision":1,"epoch":7,"taps":[],"policies":[]})", "/controller", "'controller' is missing"},
        Wrong{R"({"controller":"","revision":1,"epoch":7,"taps":[],"policies":[]})", "/controller",
              "'controller' is empty"},
        Wrong{R"({"controller":"c1","epoch":7,"taps":[],"policies":[]})", "/revision", "'revision' is missing"},
        Wrong{R"({"controller":"c1","revision":"x","epoch":7,"taps":[],"policies":[]})", "/revision",
              "'revision' is not a number"},
        Wrong{R"({"controller":"c1","revision":-1,"epoch":7,"taps":[],"policies":[]})", "/revision",
              "'revision' is not a number"},
        Wrong{R"({"controller":"c1","revision":1.5,"epoch":7,"taps":[],"policies":[]})", "/revision",
              "'revision' is not a number"},
        Wrong{R"({"controller":"c1","revision":1,"epoch":4294967296,"taps":[],"policies":[]})", "/epoch",
              "'epoch' is not a number"},
        Wrong{R"({"controller":"c1","revision":1,"epoch":7,"taps":{},"policies":[]})", "/taps",
              "'taps' is not an array"},
        Wrong{R"({"controller":"c1","revision":1,"epoch":7,"taps":[],"policies":[],"tols":1})", "/tols",
              "unknown key 'tols'"},
        Wrong{R"({"controller":"c1","revision":1,"epoch":7,"taps":[7],"policies":[]})", "/taps/0", "not a JSON object"},
        Wrong{R"({"controller":"c1","revision":1,"epoch":7,"taps":[{"id":1}],"policies":[]})", "/taps/0/name",
              "'name' is missing"},
        Wrong{
            R"({"controller":"c1","revision":1,"epoch":7,"taps":[{"id":1,"name":"a"},{"id":1,"name":"b"}],"policies":[]})",
            "/taps/1/id", "tap 1 is there twice"},
        Wrong{with_policies("{}"), "/policies/0/name", "'name' is missing"},
        Wrong{with_member(R"("bit":64)"), "/policies/0/bit", "'bit' is not a number of its range"},
        Wrong{with_member(R"("service_path":16777216)"), "/policies/0/service_path", "'service_path' is not a number"},
        Wrong{with_member(R"("name":"../etc/passwd")"), "/policies/0/name", "'../etc/passwd' is not a policy name"},
        Wrong{with_member(R"("name":"Web")"), "/policies/0/name", "'Web' is not a policy name"},
        Wrong{with_member(R"("name":"")"), "/policies/0/name", "'' is not a policy name"},
        Wrong{with_member(R"("record":1)"), "/policies/0/record", "'record' is neither true nor false"},
        Wrong{with_member(R"("residual":null)"), "/policies/0/residual", "'residual' is not a string"},
        Wrong{with_member(R"("residual":"tcp\u0000udp")"), "/policies/0/residual", "'residual' has a zero byte"},
        Wrong{with_member(R"("colour":1)"), "/policies/0/colour", "unknown key 'colour'"},
        Wrong{with_member(R"("limits":7)"), "/policies/0/limits", "not a JSON object"},
        Wrong{with_member(R"("limits":{"packets":-1})"), "/policies/0/limits/packets", "'packets' is not a number"},
        Wrong{with_policies(std::string(kPolicy) + "," + std::string(kPolicy)), "/policies/1/name",
              "policy 'web' is there twice"},
        Wrong{with_policies(std::string(kPolicy) +
                            R"(,{"name":"b","number":4,"service_path":1,"bit":0,"from_epoch":7,"expression":""})"),
              "/policies/1/bit", "bit 0 of service path 1 is there twice"}));

TEST(Assignment, NestingIsBounded) {
  EXPECT_FALSE(parse_assignment(std::string(100'000, '[')));
  EXPECT_FALSE(parse_assignment(R"({"controller":"c1","revision":1,"epoch":1,"policies":[],"taps":)" +
                                std::string(40, '[') + std::string(40, ']') + "}"));
}

}  // namespace
}  // namespace superspan::node
