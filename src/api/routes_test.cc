// SPDX-License-Identifier: Apache-2.0
// The resources over HTTP, with a real engine whose switches never come.
#include "api/routes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <random>
#include <thread>

#include <future>

#include "api/testing.h"

namespace superspan::api {
namespace {

using http::Method;
using testing::Answer;
using testing::FakeNode;
using testing::kToken;
using testing::RunningController;

std::string text_at(const Answer& answer, const char* pointer) {
  boost::system::error_code error;
  const auto* value = answer.body.find_pointer(pointer, error);
  if (value == nullptr) return "(absent)";
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

class Api : public ::testing::Test {
 protected:
  RunningController controller_;
};

// --- policies ---

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

TEST_F(Api, ADeletedPolicyIsGone) {
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})");
  const auto removed = controller_.remove("/v1/policies/web");
  EXPECT_TRUE(removed.status == 204 || removed.status == 202) << removed.status;
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

// --- nodes ---

TEST_F(Api, ANodeRegistersAndGetsItsAssignment) {
  FakeNode node;
  EXPECT_EQ(text_at(controller_.get("/v1/nodes"), "/nodes/0/state"), "down");
  EXPECT_EQ(controller_.put("/v1/nodes/node1", node.registration(0)).status, 200);
  EXPECT_EQ(text_at(controller_.get("/v1/nodes/node1"), "/state"), "up");
  controller_.put("/v1/policies/dns?wait_ms=0", R"({"expression": "udp port 53", "stream": true, "ticket": "T-7"})");
  const auto assignment = node.assignment("dns");
  ASSERT_TRUE(assignment.is_object());
  EXPECT_EQ(node.assignment("").at("controller"), assignment.at("controller"));
  const auto& policy = assignment.at("policies").as_array().at(0).as_object();
  EXPECT_EQ(policy.at("name").as_string(), "dns");
  EXPECT_EQ(policy.at("number").to_number<int>(), 1);
  EXPECT_EQ(policy.at("service_path").to_number<int>(), 1);
  EXPECT_TRUE(policy.at("stream").as_bool());
  EXPECT_EQ(policy.at("ticket").as_string(), "T-7");
}

TEST_F(Api, ANodeIsToldOnlyWhatChangesUntilItForgets) {
  FakeNode node;
  controller_.put("/v1/nodes/node1", node.registration(0));
  const auto first = node.assignment("");
  EXPECT_EQ(first.at("taps").as_array().size(), 2U);
  EXPECT_FALSE(first.as_object().contains("as_in"));
  // The controller may not have read the node's answer yet when the next change comes.
  boost::json::value brief;
  for (int change = 0; change < 50 && !(brief.is_object() && brief.as_object().contains("as_in")); ++change) {
    const std::string name = "dns" + std::to_string(change);
    controller_.put("/v1/policies/" + name + "?wait_ms=0", R"({"expression": "udp port 53"})");
    brief = node.assignment(name);
  }
  EXPECT_TRUE(brief.as_object().contains("as_in"));
  EXPECT_FALSE(brief.as_object().contains("taps"));
  node.forget();
  controller_.put("/v1/policies/web?wait_ms=0", R"({"expression": "tcp port 80"})");
  const auto whole = node.assignment("web");
  EXPECT_FALSE(whole.as_object().contains("as_in"));
  EXPECT_EQ(whole.at("taps").as_array().size(), 2U);
  EXPECT_EQ(whole.at("policies").at(0).at("name"), "dns0");
}

TEST_F(Api, AnUnknownNodeIsRefused) {
  FakeNode node;
  EXPECT_EQ(controller_.put("/v1/nodes/node9", node.registration(0)).status, 404);
  EXPECT_EQ(controller_.put("/v1/nodes/node1", R"({"endpoint": "nowhere", "token": "0123456789abcdef"})").status, 400);
  EXPECT_EQ(controller_.put("/v1/nodes/node1", R"({"endpoint": "unix:/a", "token": "short"})").status, 400);
}

TEST_F(Api, ALimitReachedAtANodeEndsThePolicy) {
  FakeNode node;
  controller_.put("/v1/nodes/node1", node.registration(0));
  controller_.put("/v1/policies/dns?wait_ms=0", R"({"expression": "udp", "limits": {"packets": 10}})");
  const auto revision = node.assignment("dns").at("revision").to_number<std::int64_t>();
  controller_.put("/v1/nodes/node1", node.registration(revision - 1, R"(, "ended": ["dns"])"));
  EXPECT_NE(text_at(controller_.get("/v1/policies/dns"), "/state"), "ended")
      << "the report is about an older assignment";
  const std::string counters =
      R"(, "ended": ["dns"], "counters": {"policies": {"dns": {"number": 1, "received": 11, "residual_dropped": 1}}})";
  controller_.put("/v1/nodes/node1", node.registration(revision, counters));
  const auto policy = controller_.get("/v1/policies/dns");
  EXPECT_EQ(text_at(policy, "/state"), "ended");
  EXPECT_EQ(text_at(policy, "/ended_because"), "packets");
  const auto stats = controller_.get("/v1/policies/dns/stats");
  EXPECT_EQ(text_at(stats, "/nodes/0/node"), "node1");
  EXPECT_EQ(text_at(stats, "/nodes/0/received"), "11");
}

TEST_F(Api, ANodeThatHasTheRevisionOfAnotherControllerIsNotCurrent) {
  FakeNode node;
  controller_.put("/v1/nodes/node1", node.registration(0));
  controller_.put("/v1/policies/dns?wait_ms=0", R"({"expression": "udp", "limits": {"packets": 10}})");
  const auto assignment = node.assignment("dns");
  EXPECT_EQ(assignment.at("controller").as_string().size(), 16U);
  std::string report = node.registration(assignment.at("revision").to_number<std::int64_t>(), R"(, "ended": ["dns"])");
  report.replace(report.find(assignment.at("controller").as_string().c_str()), 16, "0000000000000000");
  controller_.put("/v1/nodes/node1", report);
  EXPECT_NE(text_at(controller_.get("/v1/policies/dns"), "/state"), "ended");
}

TEST_F(Api, AStreamTicketLeadsToTheNode) {
  FakeNode node;
  controller_.put("/v1/policies/dns?wait_ms=0", R"({"expression": "udp", "stream": true})");
  EXPECT_EQ(controller_.get("/v1/policies/dns/stream").status, 503);
  controller_.put("/v1/nodes/node1", node.registration(0));
  const auto ticket = controller_.get("/v1/policies/dns/stream");
  EXPECT_EQ(ticket.status, 200) << ticket.text;
  EXPECT_EQ(text_at(ticket, "/path"), "/v1/streams/dns");
  EXPECT_EQ(text_at(ticket, "/token"), kToken);
  controller_.put("/v1/policies/quiet?wait_ms=0", R"({"expression": "udp"})");
  EXPECT_EQ(controller_.get("/v1/policies/quiet/stream").status, 409);
  controller_.put("/v1/policies/tool?wait_ms=0", R"({"expression": "udp", "stream": true, "tools": ["ids1"]})");
  EXPECT_EQ(controller_.get("/v1/policies/tool/stream").status, 409);
  EXPECT_EQ(controller_.get("/v1/policies/none/stream").status, 404);
}

// --- the rest ---

TEST_F(Api, TheFabricIsListedAsItsFileSays) {
  const auto topology = controller_.get("/v1/topology");
  EXPECT_EQ(text_at(topology, "/name"), "test");
  EXPECT_EQ(text_at(topology, "/encapsulation"), "nsh");
  EXPECT_EQ(text_at(topology, "/switches/0/datapath"), "0000000000000001");
  EXPECT_EQ(text_at(topology, "/switches/0/state"), "absent");
  EXPECT_EQ(text_at(topology, "/taps/0/description"), "leaf1 uplink");
  EXPECT_EQ(text_at(topology, "/taps/0/state"), "unknown");
  EXPECT_EQ(text_at(topology, "/links/0/from"), "filter1:49");
  EXPECT_EQ(text_at(controller_.get("/v1/tools"), "/tools/0/switch"), "delivery1");
  EXPECT_EQ(text_at(controller_.get("/v1/links"), "/links/0/to"), "delivery1:1");
}

TEST_F(Api, DesiredFlowsNameTheirPolicy) {
  controller_.put("/v1/policies/web", R"({"expression": "tcp port 443", "tools": ["ids1"]})");
  const auto flows = controller_.get("/v1/flows?view=desired&switch=filter1");
  int of_web = 0;
  for (const auto& flow : flows.body.at("flows").as_array()) of_web += flow.at("policy").as_string() == "web" ? 1 : 0;
  EXPECT_GT(of_web, 0);
  EXPECT_EQ(text_at(controller_.get("/v1/flows"), "/flows"), "[]");
  EXPECT_EQ(controller_.get("/v1/flows?view=imagined").status, 400);
  EXPECT_EQ(controller_.get("/v1/flows?switch=nosuch").status, 404);
}

TEST_F(Api, ExplainAnswersWithTheStage) {
  const auto rules = controller_.ask(Method::kPost, "/v1/explain", R"({"expression": "tcp port 80"})");
  EXPECT_EQ(rules.status, 200);
  EXPECT_EQ(text_at(rules, "/stage"), "rules");
  EXPECT_NE(text_at(rules, "/text").find("80"), std::string::npos);
  EXPECT_EQ(controller_.ask(Method::kPost, "/v1/explain", R"({"expression": "tcp", "stage": "magic"})").status, 400);
  EXPECT_EQ(
      text_at(controller_.ask(Method::kPost, "/v1/explain", R"({"expression": "tcp and"})"), "/errors/0/source/text"),
      "tcp and");
}

TEST_F(Api, HealthAndMetricsCount) {
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})");
  const auto health = controller_.get("/v1/health");
  EXPECT_EQ(text_at(health, "/status"), "degraded");
  EXPECT_EQ(text_at(health, "/policies_pending"), "1");
  EXPECT_EQ(text_at(health, "/switches"), "2");
  const auto metrics = controller_.get("/metrics").text;
  for (const char* line : {"superspan_epoch 1\n", "superspan_policies{state=\"pending\"} 1\n",
                           "superspan_switch_synced{switch=\"filter1\"} 0\n", "superspan_node_up{node=\"node1\"} 0\n",
                           "# TYPE superspan_http_requests_total counter\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
  }
}

TEST_F(Api, EventsStreamAndResume) {
  controller_.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})");
  const auto read = [&](const std::string& target, const std::string& until) {
    std::string text;
    const auto response = controller_.client().stream(
        target,
        [&](base::BytesView bytes) {
          for (const auto byte : bytes) text.push_back(static_cast<char>(byte));
          return text.find(until) == std::string::npos;
        },
        50);
    EXPECT_TRUE(response);
    return text;
  };
  const std::string all = read("/v1/events?since=0", "event: policy-created");
  const auto id = all.substr(all.rfind("id: ") + 4);
  controller_.remove("/v1/policies/web");
  const std::string later = read("/v1/events?since=" + id.substr(0, id.find('\n')), "event: policy-deleted");
  EXPECT_EQ(later.find("policy-created"), std::string::npos);
  EXPECT_EQ(controller_.get("/v1/events?since=-1").status, 400);
}

TEST(Restart, PoliciesNumbersAndFlowsAreTheSame) {
  // The store outlives the controller, as the file does.
  struct Shared final : store::Store {
    explicit Shared(store::Store& behind) : behind_(behind) {}
    base::Result<store::Contents> load() override { return behind_.load(); }
    base::Status commit(const store::Change& change) override { return behind_.commit(change); }
    base::Status flush() override { return behind_.flush(); }
    store::Store& behind_;
  };
  const auto store = store::make_memory_store();
  std::string policies;
  std::string flows;
  {
    const RunningController first(std::make_unique<Shared>(*store));
    for (const char* name : {"a", "b", "c"}) {
      first.put(std::string("/v1/policies/") + name,
                R"({"expression": "tcp port 443 or udp port 53", "tools": ["ids1"]})");
    }
    first.remove("/v1/policies/b");
    policies = first.get("/v1/policies").text;
    flows = first.get("/v1/flows?view=desired").text;
  }
  const RunningController second(std::make_unique<Shared>(*store));
  EXPECT_EQ(second.get("/v1/policies").text, policies);
  EXPECT_EQ(second.get("/v1/flows?view=desired").text, flows);
}

TEST(BrokenStore, NothingIsAcknowledgedThatIsNotStored) {
  struct Full final : store::Store {
    base::Result<store::Contents> load() override { return store::Contents{}; }
    base::Status commit(const store::Change&) override {
      return base::fail(base::ErrorCode::kUnavailable, "the disk is full");
    }
    base::Status flush() override { return {}; }
  };
  const RunningController controller(std::make_unique<Full>());
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503);
  EXPECT_EQ(controller.get("/v1/policies/web").status, 404);
  EXPECT_EQ(text_at(controller.get("/v1/flows?view=desired"), "/flows").find("web"), std::string::npos);
}

// A disk that waits until it is told how it went.
struct SlowDisk final : store::Store {
  explicit SlowDisk(std::shared_future<base::Status> written) : written_(std::move(written)) {}
  base::Result<store::Contents> load() override { return store::Contents{}; }
  base::Status commit(const store::Change&) override { return {}; }
  base::Status flush() override { return written_.get(); }
  std::shared_future<base::Status> written_;
};

TEST(SlowDisk, TheFabricWorksMeanwhileAndTheClientHearsWhenItIsWritten) {
  std::promise<base::Status> written;
  const RunningController controller(std::make_unique<SlowDisk>(written.get_future().share()));
  auto answer = std::async(std::launch::async, [&controller] {
    return controller.put("/v1/policies/web?wait_ms=0", R"({"expression": "ip", "tools": ["ids1"]})").status;
  });
  while (controller.get("/v1/policies/web").status != 200) std::this_thread::yield();
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  written.set_value({});
  EXPECT_EQ(answer.get(), 202U);  // no switch is there
}

TEST(SlowDisk, WhatMayNotBeWrittenIsNotAcknowledged) {
  std::promise<base::Status> written;
  const RunningController controller(std::make_unique<SlowDisk>(written.get_future().share()));
  written.set_value(base::fail(base::ErrorCode::kUnavailable, "the disk refuses"));
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503U);
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503U)
      << "unchanged, but still not written";
}

}  // namespace
}  // namespace superspan::api
