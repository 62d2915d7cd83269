// SPDX-License-Identifier: Apache-2.0
#include "lab/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace superspan::lab {
namespace {

Plan default_plan() {
  const auto topology = load_topology(std::string("leaf-spine"));
  EXPECT_TRUE(topology);
  return make_plan(*topology);
}

TEST(Traffic, ARoundHoldsEveryKind) {
  const Plan plan = default_plan();
  const auto round = traffic_round(plan);
  const auto has = [&](const char* word) {
    return std::ranges::any_of(round, [&](const Exchange& item) { return item.about.find(word) != std::string::npos; });
  };
  for (const char* word : {"curl", "http://10.1.3.2/", "http://[fd00:1:7::2]/large", "https://", "dig", "AAAA",
                           "iperf3", "ping", "fd00:1:8::2", "tagged frames"}) {
    EXPECT_TRUE(has(word)) << word;
  }
}

TEST(Traffic, NobodyTalksToItself) {
  const Plan plan = default_plan();
  for (const Exchange& item : traffic_round(plan)) {
    ASSERT_NE(item.from, nullptr) << item.about;
    for (const std::string& word : item.command) {
      EXPECT_EQ(word.find(item.from->ipv4), std::string::npos) << item.about;
      EXPECT_EQ(word.find(item.from->ipv6), std::string::npos) << item.about;
    }
  }
}

TEST(Traffic, ALabOfOneHostIsQuiet) {
  Plan plan = default_plan();
  plan.hosts.resize(1);
  EXPECT_TRUE(traffic_round(plan).empty());
}

}  // namespace
}  // namespace superspan::lab
