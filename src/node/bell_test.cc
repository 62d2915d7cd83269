// SPDX-License-Identifier: Apache-2.0
#include "node/bell.h"

#include <gtest/gtest.h>

#include <thread>

namespace superspan::node {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(Bell, WaitsNoLongerThanItMay) {
  Bell bell;
  const auto start = Clock::now();
  bell.wait(bell.rung(), 20ms);
  EXPECT_GE(Clock::now() - start, 19ms);
}

TEST(Bell, RingBeforeTheWaitIsNotLost) {
  Bell bell;
  const auto seen = bell.rung();
  bell.ring();
  const auto start = Clock::now();
  bell.wait(seen, 10s);
  EXPECT_LT(Clock::now() - start, 5s);
}

TEST(Bell, OldRingDoesNotWakeANewWait) {
  Bell bell;
  std::thread ringer([&] { bell.ring(); });
  bell.wait(0, 10s);
  ringer.join();
  const auto start = Clock::now();
  bell.wait(bell.rung(), 20ms);
  EXPECT_GE(Clock::now() - start, 19ms);
}

// Each turn waits for the other thread's: one lost ring would cost ten seconds.
TEST(Bell, NoRingIsLostInAHundredThousandTurns) {
  Bell ping;
  Bell pong;
  std::atomic<int> turn = 0;
  constexpr int kTurns = 50'000;
  std::thread other([&] {
    for (int count = 0; count < kTurns; ++count) {
      while (true) {
        const auto seen = ping.rung();
        if (turn.load() == 2 * count + 1) break;
        ping.wait(seen, 10s);
      }
      turn = 2 * count + 2;
      pong.ring();
    }
  });
  const auto start = Clock::now();
  for (int count = 0; count < kTurns; ++count) {
    turn = 2 * count + 1;
    ping.ring();
    while (true) {
      const auto seen = pong.rung();
      if (turn.load() == 2 * count + 2) break;
      pong.wait(seen, 10s);
    }
  }
  other.join();
  EXPECT_LT(Clock::now() - start, 10s);
}

}  // namespace
}  // namespace superspan::node
