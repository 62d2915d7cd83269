// SPDX-License-Identifier: Apache-2.0
// The fabric, flows, health and events over HTTP.
#include "api/routes.h"

#include <gtest/gtest.h>

#include "api/testing.h"

namespace superspan::api {
namespace {

using http::Method;
using testing::Api;
using testing::text_at;

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

TEST_F(Api, FlowsOfAnAbsentSwitchAreUnknownAndNoGuess) {
  controller_.put("/v1/policies/web", R"({"expression": "tcp port 443", "tools": ["ids1"]})");
  for (const char* view : {"installed", "diff"}) {
    const auto all = controller_.get(std::string("/v1/flows?view=") + view);
    EXPECT_EQ(text_at(all, "/flows"), "[]") << view;
    EXPECT_EQ(text_at(all, "/unknown"),
              R"([{"switch":"filter1","state":"absent"},{"switch":"delivery1","state":"absent"}])")
        << view;
    const auto one = controller_.get(std::string("/v1/flows?switch=delivery1&view=") + view);
    EXPECT_EQ(text_at(one, "/unknown"), R"([{"switch":"delivery1","state":"absent"}])") << view;
  }
  EXPECT_EQ(text_at(controller_.get("/v1/flows?view=desired"), "/unknown"), "[]");
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

}  // namespace
}  // namespace superspan::api
