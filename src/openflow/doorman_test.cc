// SPDX-License-Identifier: Apache-2.0
#include "openflow/doorman.h"

#include <gtest/gtest.h>

namespace superspan::openflow {
namespace {

using namespace std::chrono_literals;

constexpr base::SteadyTime kStart{};

base::Error reason(std::string message = "TLS: no certificate") {
  return {base::ErrorCode::kDenied, std::move(message), {}, {}, std::nullopt};
}

TEST(Doorman, OneAddressCannotTakeTheSlotsOfOthers) {
  Doorman door(1024);
  for (std::size_t count = 0; count < kHandshakesPerAddress; ++count) ASSERT_TRUE(door.enter("10.0.0.1", count));
  const auto refused = door.enter("10.0.0.1", kHandshakesPerAddress);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kLimit);
  EXPECT_EQ(refused.error().message, "too many connections of 10.0.0.1 that are not switches yet: 64");
  EXPECT_TRUE(door.enter("10.0.0.2", kHandshakesPerAddress));
  door.handshake_over("10.0.0.1");
  EXPECT_TRUE(door.enter("10.0.0.1", kHandshakesPerAddress)) << "one of them became a switch, or went away";
  EXPECT_EQ(door.counters().accepted, kHandshakesPerAddress + 3);
  EXPECT_EQ(door.counters().refused_per_address, 1U);
}

TEST(Doorman, AllSlotsTogetherAreLimited) {
  Doorman door(2);
  ASSERT_TRUE(door.enter("10.0.0.1", 1));
  EXPECT_EQ(door.enter("10.0.0.2", 2).error().message, "too many connections: 2");
  EXPECT_EQ(door.counters().refused_full, 1U);
}

TEST(Doorman, SameRefusalIsToldOnceInTenSeconds) {
  Doorman door(1024);
  EXPECT_EQ(door.refuse("10.0.0.1", reason(), kStart)->message, "TLS: no certificate");
  EXPECT_FALSE(door.refuse("10.0.0.1", reason(), kStart + 1s));
  EXPECT_TRUE(door.refuse("10.0.0.1", reason("TLS: too old"), kStart + 2s)) << "something else";
  EXPECT_FALSE(door.refuse("10.0.0.1", reason(), kStart + 9'999ms));
  EXPECT_EQ(door.refuse("10.0.0.1", reason(), kStart + 10s)->message, "TLS: no certificate (1 more refused before it)");
  EXPECT_EQ(door.counters().refused, 5U);
  EXPECT_EQ(door.counters().refused_untold, 2U);
}

TEST(Doorman, RefusalsOfManyAddressesAreToldTwentyInTenSeconds) {
  Doorman door(1024);
  std::size_t told = 0;
  for (int number = 0; number < 100'000; ++number) {
    const auto address = "10.0." + std::to_string(number / 250 % 250) + "." + std::to_string(number % 250);
    told += door.refuse(address, reason(), kStart + std::chrono::milliseconds(number)) ? 1 : 0;
  }
  EXPECT_EQ(told, 10 * kRefusalsTold);
}

}  // namespace
}  // namespace superspan::openflow
