// SPDX-License-Identifier: Apache-2.0
// Policies over HTTP: put, changed, refused and removed.
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <random>
#include <thread>

#include "api/testing.h"

namespace superspan::api {
namespace {

using http::Method;
using testing::Answer;
using testing::Api;
using testing::text_at;

TEST_F(Api, APolicyWhoseSwitchesAreAwayIsAcceptedAndPending) {
  const auto put =
      controller_.put("/v1/policies/web", R"({"expression": "tcp port 443", "tools": ["ids1"], "reason": "why"})");
  EXPECT_EQ(put.status, 202) << put.text;
  EXPECT_EQ(text_at(put, "/state"), "pending");
  EXPECT_EQ(text_at(put, "/number"), "1");
  EXPECT_EQ(text_at(put, "/epoch"), "1");
  EXPECT_EQ(text_at(put, "/destinations"), R"(["ids1"])");
  const auto got = controller_.get("/v1/policies/web");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(text_at(got, "/expression"), "tcp port 443");
  EXPECT_EQ(text_at(controller_.get("/v1/policies"), "/policies/0/name"), "web");
}

TEST_F(Api, PuttingTheSameAgainKeepsTheRevision) {
  const std::string body = R"({"expression": "ip", "tools": ["ids1"]})";
  controller_.put("/v1/policies/web", body);
  const auto again = controller_.put("/v1/policies/web", body);
  EXPECT_EQ(text_at(again, "/revision"), "1");
  const auto edited = controller_.put("/v1/policies/web", R"({"expression": "ip6", "tools": ["ids1"]})");
  EXPECT_EQ(text_at(edited, "/revision"), "2");
  EXPECT_EQ(text_at(edited, "/number"), "2");
}

TEST_F(Api, ManyPoliciesAreAppliedInOneCommit) {
  controller_.put("/v1/policies/old", R"({"expression": "ip", "tools": ["ids1"]})");
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})");
  const std::string body = R"({"policies": [
    {"name": "web", "expression": "tcp port 443", "tools": ["ids1"]},
    {"name": "old", "expression": "ip", "tools": ["ids1"]},
    {"name": "dns", "expression": "udp port 53", "tools": ["ids1"]}]})";
  const auto tried = controller_.ask(Method::kPost, "/v1/policies:apply?dry_run=true", body);
  EXPECT_EQ(tried.status, 200) << tried.text;
  EXPECT_EQ(text_at(tried, "/policies/0/effect"), "changed");
  EXPECT_EQ(text_at(tried, "/policies/2/effect"), "created");
  EXPECT_EQ(text_at(tried, "/plan/switches/0/switch"), "filter1");
  EXPECT_NE(text_at(tried, "/plan/switches/0/added"), "0");
  EXPECT_EQ(text_at(controller_.get("/v1/policies"), "/epoch"), "2");
  EXPECT_EQ(controller_.get("/v1/policies/dns").status, 404);

  const auto applied = controller_.ask(Method::kPost, "/v1/policies:apply", body);
  EXPECT_EQ(applied.status, 202) << applied.text;
  EXPECT_EQ(text_at(applied, "/epoch"), "3");
  EXPECT_EQ(text_at(applied, "/policies/0/effect"), "changed");
  EXPECT_EQ(text_at(applied, "/policies/1/effect"), "unchanged");
  EXPECT_EQ(text_at(applied, "/policies/2/effect"), "created");
  EXPECT_EQ(text_at(applied, "/policies/2/policy/state"), "pending");
  EXPECT_EQ(text_at(controller_.get("/v1/policies/dns"), "/epoch"), "3");
  EXPECT_EQ(text_at(controller_.get("/v1/policies/web"), "/epoch"), "3");
  const auto again = controller_.ask(Method::kPost, "/v1/policies:apply", body);
  EXPECT_EQ(text_at(again, "/epoch"), "3");
}

TEST_F(Api, OneWrongPolicyKeepsOutAllAndEachErrorHasItsPlace) {
  const auto answer = controller_.ask(Method::kPost, "/v1/policies:apply", R"({"policies": [
    {"name": "web", "expression": "tcp port 443", "tools": ["ids1"]},
    {"name": "bad", "expression": "tcp prot 443", "tools": ["ids1"]},
    {"name": "bad2", "expression": "udp prt 53", "tools": ["ids1"]}]})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(text_at(answer, "/errors/0/pointer"), "/policies/1/expression");
  EXPECT_EQ(text_at(answer, "/errors/0/source/begin"), "4");
  EXPECT_EQ(text_at(answer, "/errors/1/pointer"), "/policies/2/expression");
  EXPECT_EQ(text_at(controller_.get("/v1/policies"), "/policies"), "[]");
  EXPECT_EQ(text_at(controller_.get("/v1/policies"), "/epoch"), "0");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"policies": []})", "/policies"},
      {R"({"policies": [{"expression": "ip"}]})", "/policies/0/name"},
      {R"({"policies": [{"name": "a", "expression": "ip"}, {"name": "a", "expression": "ip"}]})", "/policies/1/name"},
      {R"({"policies": [{"name": "a", "expression": "ip", "taps": ["leaf9"]}]})", "/policies/0/taps/0"},
      {R"({"policies": [{"name": "a", "expression": "ip", "limits": {"packets": -1}}]})", "/policies/0/limits/packets"},
      {R"({"policies": [7]})", "/policies/0"},
  };
  for (const auto& [body, pointer] : wrong) {
    const auto refused = controller_.ask(Method::kPost, "/v1/policies:apply", body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_EQ(text_at(refused, "/errors/0/pointer"), pointer) << body;
  }
  EXPECT_EQ(controller_.ask(Method::kPost, "/v1/policies:apply?dry_run=maybe", R"({"policies": []})").status, 400);
}

TEST_F(Api, PreconditionsKeepTwoPeopleApart) {
  const std::string body = R"({"expression": "ip", "tools": ["ids1"]})";
  const auto ask = [&](Method method, const std::string& header, const std::string& value,
                       const std::string& text = {}) {
    auto client = controller_.client();
    return *client.request(method, "/v1/policies/web", text, {{header, value}});
  };
  EXPECT_EQ(ask(Method::kPut, "If-Match", "*", body).status, 412);
  EXPECT_EQ(ask(Method::kPut, "If-None-Match", "*", body).status, 202);
  const auto second = ask(Method::kPut, "If-None-Match", "*", body);
  EXPECT_EQ(second.status, 412);
  EXPECT_EQ(http::error_of(second).message, "a policy 'web' exists already");
  EXPECT_EQ(http::error_of(second).code, base::ErrorCode::kConflict);
  EXPECT_FALSE(http::error_of(second).hint.empty());

  const auto got = ask(Method::kGet, "Accept", "*/*");
  EXPECT_EQ(got.header("etag"), "\"1.1\"");
  const auto changed = ask(Method::kPut, "If-Match", "\"1.1\"", R"({"expression": "ip6", "tools": ["ids1"]})");
  EXPECT_EQ(changed.status, 202) << changed.body;
  const std::string tag(*changed.header("etag"));
  EXPECT_TRUE(tag.ends_with(".2\"")) << tag;
  EXPECT_EQ(ask(Method::kPut, "If-Match", "\"1.1\"", body).status, 412);
  EXPECT_EQ(ask(Method::kDelete, "If-Match", "\"1.1\"").status, 412);
  EXPECT_EQ(text_at(controller_.get("/v1/policies/web"), "/expression"), "ip6");
  for (const char* value : {"1", "1.1", "\"x\"", "\"\"", "\"", "\"1\"", "\"1.\"", "\".1\"", "\"1.1", "W/\"1.2\""}) {
    EXPECT_EQ(ask(Method::kPut, "If-Match", value, body).status, 400) << value;
  }
  EXPECT_EQ(ask(Method::kPut, "If-None-Match", "\"2\"", body).status, 400);
  EXPECT_EQ(ask(Method::kDelete, "If-Match", tag).status / 100, 2);
}

TEST_F(Api, APolicyThatWasMadeAgainIsAnotherOne) {
  const std::string body = R"({"expression": "ip", "tools": ["ids1"]})";
  auto client = controller_.client();
  const std::string first(*client.request(Method::kPut, "/v1/policies/web", body)->header("etag"));
  controller_.remove("/v1/policies/web");
  const std::string second(*client.request(Method::kPut, "/v1/policies/web", body)->header("etag"));
  EXPECT_NE(first, second);
  EXPECT_EQ(text_at(controller_.get("/v1/policies/web"), "/revision"), "1");
  EXPECT_EQ(client.request(Method::kDelete, "/v1/policies/web", "", {{"If-Match", first}})->status, 412);
  EXPECT_EQ(controller_.get("/v1/policies/web").status, 200);
  EXPECT_EQ(client.request(Method::kDelete, "/v1/policies/web", "", {{"If-Match", second}})->status / 100, 2);
}

TEST_F(Api, ADeletedPolicyIsGone) {
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})");
  const auto removed = controller_.remove("/v1/policies/web");
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(text_at(removed, "/confirmed"), "true");
  EXPECT_EQ(text_at(removed, "/unconfirmed"), "[]");
  EXPECT_EQ(text_at(removed, "/hops/0/stage"), "filter");
  EXPECT_EQ(controller_.get("/v1/policies/web").status, 404);
  EXPECT_EQ(controller_.remove("/v1/policies/web").status, 404);
  EXPECT_EQ(controller_.get("/v1/policies/web/stats").status, 404);
}

TEST_F(Api, UnknownTapsAndToolsAreNamedWithAProposal) {
  const auto answer = controller_.put(
      "/v1/policies/web", R"({"expression": "ip", "taps": ["leaf1-spine1", "leaf1-spin2"], "tools": ["nosuch"]})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(text_at(answer, "/errors/0/pointer"), "/taps/1");
  EXPECT_EQ(text_at(answer, "/errors/0/hint"), "did you mean 'leaf1-spine2' or 'leaf1-spine1'?");
  EXPECT_EQ(text_at(answer, "/errors/1/pointer"), "/tools/0");
}

TEST_F(Api, AWrongExpressionComesWithItsPlaceAndHint) {
  const auto answer = controller_.put("/v1/policies/web", R"({"expression": "tcp prot 443"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(text_at(answer, "/errors/0/pointer"), "/expression");
  EXPECT_EQ(text_at(answer, "/errors/0/source/begin"), "4");
  EXPECT_EQ(text_at(answer, "/errors/0/source/end"), "8");
  EXPECT_NE(text_at(answer, "/hint"), "(absent)");
  EXPECT_EQ(controller_.get("/v1/policies/web").status, 404);
}

TEST_F(Api, WrongNamesAndWaitsAreRefused) {
  EXPECT_EQ(controller_.put("/v1/policies/Web", R"({"expression": "ip"})").status, 400);
  EXPECT_EQ(controller_.put("/v1/policies/a%2Fb", R"({"expression": "ip"})").status, 400);
  EXPECT_EQ(controller_.put("/v1/policies/web?wait_ms=5001", R"({"expression": "ip"})").status, 400);
  EXPECT_EQ(controller_.put("/v1/policies/web?wait_ms=x", R"({"expression": "ip"})").status, 400);
  EXPECT_EQ(text_at(controller_.get("/v1/policies"), "/policies"), "[]");
}

TEST_F(Api, APolicyEndsByItsDurationAndStaysListed) {
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"], "limits": {"duration_s": 1}})");
  Answer answer;
  for (int tries = 0; tries < 3000 && text_at(answer, "/state") != "ended"; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    answer = controller_.get("/v1/policies/web");
  }
  EXPECT_EQ(text_at(answer, "/state"), "ended");
  EXPECT_EQ(text_at(answer, "/ended_because"), "duration");
  EXPECT_NE(text_at(answer, "/ended"), "");
  EXPECT_EQ(controller_.get("/v1/policies/web/stats").status, 200);
}

// An expression whose decision diagram grows with each test until the compiler gives up.
std::string tangled() {
  std::mt19937 random(7);
  std::string text;
  for (int part = 0; part < 400; ++part) {
    const auto octet = [&] { return std::to_string(random() % 200 + 1); };
    text += (part == 0 ? "" : " or ") + std::string("(src host 10.") + octet() + "." + octet() + "." + octet() +
            " and dst host 10." + octet() + "." + octet() + "." + octet() + " and not tcp port " + octet() + ")";
  }
  return text;
}

TEST_F(Api, AnswersOthersWhileATangledExpressionIsCompiled) {
  const boost::json::object body{{"expression", tangled()}, {"tools", boost::json::array{"ids1"}}};
  std::atomic<bool> answered = false;
  std::thread slow([&] {
    const auto answer = controller_.put("/v1/policies/slow", boost::json::serialize(body));
    EXPECT_GE(answer.status, 200);
    answered = true;
  });
  // Each of these would wait for the whole compilation, were it done on the thread that answers.
  int meanwhile = 0;
  auto longest = std::chrono::steady_clock::duration::zero();
  while (!answered) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(controller_.get("/v1/health").status, 200);
    longest = std::max(longest, std::chrono::steady_clock::now() - begin);
    ++meanwhile;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  slow.join();
  std::cout << meanwhile << " answers meanwhile, the slowest after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms\n";
  EXPECT_GT(meanwhile, 10);
}

TEST_F(Api, ADeleteComesAfterThePutThatIsStillCompiled) {
  const boost::json::object body{{"expression", tangled()}, {"tools", boost::json::array{"ids1"}}};
  std::thread slow([&] { controller_.put("/v1/policies/slow", boost::json::serialize(body)); });
  int status = 404;
  while (status == 404) {  // the PUT has not come yet
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    status = controller_.remove("/v1/policies/slow").status;
  }
  slow.join();
  EXPECT_EQ(controller_.get("/v1/policies/slow").status, 404);
}

}  // namespace
}  // namespace superspan::api
