// SPDX-License-Identifier: Apache-2.0
#include "node/burst_clock.h"

#include <gtest/gtest.h>

#include <random>

#include "node/testing.h"

namespace superspan::node {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime kNow{1'800'000'000s};

TEST(BurstClock, ClockAheadOfTheLastBurstIsTakenAsItIs) {
  BurstClock clock;
  EXPECT_EQ(clock.stamp(kNow, 64), kNow);
  EXPECT_EQ(clock.stamp(kNow + 64ns, 1), kNow + 64ns);
  EXPECT_EQ(clock.stamp(kNow + 1us, 1), kNow + 1us);
}

TEST(BurstClock, BurstInTheSameNanosecondFollowsBehindTheLast) {
  BurstClock clock;
  EXPECT_EQ(clock.stamp(kNow, 64), kNow);
  EXPECT_EQ(clock.stamp(kNow, 2), kNow + 64ns);
  EXPECT_EQ(clock.stamp(kNow, 1), kNow + 66ns);
}

TEST(BurstClock, SmallStepBackIsEvenedOutAndASetClockIsFollowed) {
  BurstClock clock;
  EXPECT_EQ(clock.stamp(kNow, 1), kNow);
  EXPECT_EQ(clock.stamp(kNow - 500ms, 1), kNow + 1ns);
  EXPECT_EQ(clock.stamp(kNow - 1h, 1), kNow - 1h);
}

TEST(BurstClock, EveryFrameIsLaterThanTheOneBefore) {
  std::mt19937_64 random(test::seed());
  BurstClock clock;
  base::WallTime now = kNow;
  base::WallTime last{};
  for (int burst = 0; burst < 100'000; ++burst) {
    const std::size_t frames = 1 + random() % 64;
    now += std::chrono::nanoseconds(static_cast<std::int64_t>(random() % 200) - 60);
    const base::WallTime first = clock.stamp(now, frames);
    ASSERT_GT(first, last);
    ASSERT_GE(first, now);
    last = first + base::Duration(frames - 1);
  }
}

}  // namespace
}  // namespace superspan::node
