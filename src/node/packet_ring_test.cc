// SPDX-License-Identifier: Apache-2.0
#include "node/packet_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>

#include "node/testing.h"

namespace superspan::node {
namespace {

std::unique_ptr<PacketRing> ring(std::size_t capacity = 64 * 1024) {
  auto made = PacketRing::create(capacity);
  EXPECT_TRUE(made);
  return std::move(*made);
}

base::Bytes packet(std::uint32_t number, std::size_t bytes) {
  return base::Bytes(bytes, static_cast<std::byte>(number));
}

TEST(PacketRing, PacketsComeOutInOrderWithTheirBytes) {
  std::mt19937_64 random(test::seed());
  const auto queue = ring();
  std::deque<std::pair<std::uint32_t, std::size_t>> expected;
  std::uint32_t next = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t bytes = random() % 4 == 0 ? random() % 9'001 : random() % 200;
    PacketMeta meta;
    meta.tap = next;
    if (queue->push(meta, packet(next, bytes))) {
      expected.emplace_back(next++, bytes);
    } else {
      ++refused;
    }
    if (random() % 8 != 0) continue;
    queue->drain(random() % 40'000, [&](const PacketMeta& got, base::BytesView view) {
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(got.tap, expected.front().first);
      ASSERT_EQ(base::Bytes(view.begin(), view.end()), packet(got.tap, expected.front().second));
      expected.pop_front();
    });
  }
  while (queue->drain(1 << 20, [&](const PacketMeta&, base::BytesView) { expected.pop_front(); }) > 0) {
  }
  EXPECT_TRUE(expected.empty());
  EXPECT_TRUE(queue->empty());
  EXPECT_GT(refused, 0U) << "the ring was never full: the test is too gentle";
}

TEST(PacketRing, FullRingRefusesAndForgetsNothing) {
  const auto queue = ring();
  std::size_t pushed = 0;
  while (queue->push({}, packet(1, 1000))) ++pushed;
  EXPECT_GT(pushed, 55U);
  EXPECT_FALSE(queue->push({}, packet(1, 1000)));
  EXPECT_EQ(queue->drain(1 << 20, [](const PacketMeta&, base::BytesView) {}), pushed);
  EXPECT_TRUE(queue->push({}, packet(1, 1000)));
}

TEST(PacketRing, EmptyPacketAndPacketLargerThanTheRing) {
  const auto queue = ring();
  EXPECT_TRUE(queue->push({}, {}));
  EXPECT_FALSE(queue->push({}, packet(1, 64 * 1024)));
  std::size_t bytes = 1;
  queue->drain(1, [&](const PacketMeta&, base::BytesView view) { bytes = view.size(); });
  EXPECT_EQ(bytes, 0U);
}

TEST(PacketRing, OneThreadPushesAndAnotherTakes) {
  constexpr std::uint32_t kPackets = 200'000;
  const auto queue = ring();
  std::thread producer([&] {
    for (std::uint32_t number = 0; number < kPackets;) {
      PacketMeta meta;
      meta.tap = number;
      if (queue->push(meta, packet(number, number % 300))) {
        ++number;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint32_t next = 0;
  bool intact = true;
  while (next < kPackets) {
    const std::size_t taken = queue->drain(16'384, [&](const PacketMeta& meta, base::BytesView view) {
      intact = intact && meta.tap == next && view.size() == next % 300 &&
               (view.empty() || view.back() == static_cast<std::byte>(next));
      ++next;
    });
    if (taken == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_TRUE(intact);
  EXPECT_TRUE(queue->empty());
}

}  // namespace
}  // namespace superspan::node
