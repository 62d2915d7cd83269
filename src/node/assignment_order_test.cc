// SPDX-License-Identifier: Apache-2.0
#include "node/assignment_order.h"

#include <gtest/gtest.h>

namespace superspan::node {
namespace {

struct Arrival {
  const char* controller;
  std::uint64_t revision;
  const char* refused;  // the message, or "" if it is taken
};

struct Story {
  const char* name;
  std::vector<Arrival> arrivals;
};

class Order : public ::testing::TestWithParam<Story> {};

TEST_P(Order, TakesOnlyWhatIsNotOlder) {
  AssignmentOrder order;
  for (const auto& [controller, revision, refused] : GetParam().arrivals) {
    const auto status = order.check(controller, revision);
    EXPECT_EQ(status ? "" : status.error().message, refused) << controller << ' ' << revision;
    if (status) {
      order.take(controller, revision);
    } else {
      EXPECT_EQ(status.error().code, base::ErrorCode::kConflict);
    }
  }
}

constexpr const char* kTakenOver = "another controller has taken over this node";

INSTANTIATE_TEST_SUITE_P(
    Table, Order,
    ::testing::Values(
        Story{"Overtaken", {{"a", 4, ""}, {"a", 6, ""}, {"a", 5, "assignment 5 is older than 6"}, {"a", 7, ""}}},
        Story{"SentAgain", {{"a", 4, ""}, {"a", 4, ""}}},
        Story{"RestartBeginsAtOneAgain", {{"a", 900, ""}, {"b", 1, ""}, {"b", 2, ""}}},
        Story{"LateOneOfTheDeadController", {{"a", 900, ""}, {"b", 1, ""}, {"a", 901, kTakenOver}, {"b", 2, ""}}},
        Story{"TwoRestarts", {{"a", 9, ""}, {"b", 1, ""}, {"c", 1, ""}, {"a", 10, kTakenOver}, {"b", 2, kTakenOver}}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace superspan::node
