// SPDX-License-Identifier: Apache-2.0
// Nodes over HTTP: registration, assignment, limits and streams.
#include <gtest/gtest.h>

#include "api/testing.h"

namespace superspan::api {
namespace {

using testing::Api;
using testing::FakeNode;
using testing::kToken;
using testing::text_at;

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

TEST(NodeRoutes, AHammeringClientDoesNotStarveHeartbeats) {
  auto options = testing::server_options();
  options.limits.requests_per_second = 0.001;
  options.limits.request_burst = 20;
  const testing::RunningController controller(store::make_memory_store(), std::move(options));
  FakeNode node;
  bool refused = false;
  for (int heartbeat = 0; heartbeat < 50; ++heartbeat) {
    for (int hit = 0; hit < 4; ++hit) refused = controller.get("/v1/nodes").status == 429;
    EXPECT_EQ(controller.put("/v1/nodes/node1", node.registration(0)).status, 200);
  }
  EXPECT_TRUE(refused);
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

TEST_F(Api, WhatAFullDiskCostsIsToldByHealthNodesAndStatistics) {
  FakeNode node;
  controller_.put("/v1/policies/rec?wait_ms=0", R"({"expression": "udp", "record": true})");
  controller_.put("/v1/nodes/node1", node.registration(0));
  EXPECT_EQ(text_at(controller_.get("/v1/health"), "/problems"), "[]");
  controller_.put("/v1/nodes/node1", node.registration(0, R"(, "counters": {
      "policies": {"rec": {"number": 1, "received": 1356, "recorded": 100, "record_queue_full": 10, "disk_full": 1239,
                           "disk_error": 7}},
      "problems": ["rec: cannot write: No space left on device"]})"));
  const auto health = controller_.get("/v1/health");
  EXPECT_EQ(text_at(health, "/status"), "degraded");
  EXPECT_EQ(text_at(health, "/problems"), R"(["node1: rec: cannot write: No space left on device"])");
  EXPECT_EQ(text_at(controller_.get("/v1/nodes"), "/nodes/0/counters/problems/0"),
            "rec: cannot write: No space left on device");
  EXPECT_EQ(text_at(controller_.get("/v1/policies/rec/stats"), "/nodes/0/record_lost"), "1256");
  EXPECT_NE(
      controller_.get("/metrics")
          .text.find("superspan_node_policy_packets_total{policy=\"rec\",node=\"node1\",fate=\"disk_full\"} 1239\n"),
      std::string::npos);
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

// A flood reaches the limit of a small capture before its reader can come.
TEST_F(Api, AStreamTicketLeadsToTheLastPacketsOfAPolicyThatHasEnded) {
  FakeNode node;
  controller_.put("/v1/nodes/node1", node.registration(0));
  controller_.put("/v1/policies/dns?wait_ms=0", R"({"expression": "udp", "stream": true, "limits": {"packets": 10}})");
  const auto revision = node.assignment("dns").at("revision").to_number<std::int64_t>();
  controller_.put("/v1/nodes/node1", node.registration(revision, R"(, "ended": ["dns"])"));
  EXPECT_EQ(text_at(controller_.get("/v1/policies/dns"), "/state"), "ended");
  EXPECT_EQ(text_at(controller_.get("/v1/policies/dns/stream"), "/path"), "/v1/streams/dns");
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

}  // namespace
}  // namespace superspan::api
