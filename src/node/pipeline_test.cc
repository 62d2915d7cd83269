// SPDX-License-Identifier: Apache-2.0
#include "node/pipeline.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "node/testing.h"

namespace superspan::node {
namespace {

using test::CopySpec;
using test::fabric_frame;
using test::policy;
using test::udp_frame;

// A pipeline with policies, but no thread and no sink that takes packets away.
class PipelineTest : public ::testing::Test {
 protected:
  PolicyRun& assign(const AssignedPolicy& policy, BufferSizes sizes = {}) {
    auto run = PolicyRun::create(policy, sizes, {}, 7);
    EXPECT_TRUE(run) << base::render(run.error());
    routes_.push_back({*run, policy.from_epoch});
    return **run;
  }
  void receive(const base::Bytes& frame, bool truncated = false) {
    const DispatchTable table(1, routes_, taps_);
    const std::array frames{InputFrame{frame, truncated}};
    pipeline_.process(frames, {}, table);
  }
  void expect_conserved() {
    const FrameCounters& frames = pipeline_.counters;
    EXPECT_EQ(frames.received.get(),
              frames.truncated.get() + frames.not_fabric.get() + frames.no_policy.get() + frames.fabric.get());
    std::uint64_t copies = frames.unknown_policy.get() + frames.stale_epoch.get();
    for (const auto& route : routes_) {
      const PolicyRun& run = *route.run;
      const PolicyCounters& count = run.counters;
      copies += count.received.get();
      EXPECT_EQ(count.received.get(), count.residual.get() + count.limit.get() + count.accepted.get());
      EXPECT_EQ(count.accepted.get(), count.delivered.get() + count.lost.get());
      std::uint64_t received = 0;
      std::uint64_t accepted = 0;
      for (std::size_t slot = 0; slot < kTapSlots; ++slot) {
        received += run.tap(slot).received.get();
        accepted += run.tap(slot).accepted.get();
      }
      EXPECT_EQ(received, count.received.get());
      EXPECT_EQ(accepted, count.accepted.get());
      if (run.record_ring() != nullptr) {
        EXPECT_EQ(count.accepted.get(), waiting(*run.record_ring()) + count.record_queue_full.get());
      }
      if (run.stream_ring() != nullptr) {
        EXPECT_EQ(count.accepted.get(), waiting(*run.stream_ring()) + count.stream_slow.get());
      }
    }
    EXPECT_EQ(copies, frames.copies.get());
  }
  static std::size_t waiting(PacketRing& ring) {
    std::size_t packets = 0;
    while (const std::size_t more = ring.drain(1 << 20, [](const PacketMeta&, base::BytesView) {})) packets += more;
    return packets;
  }

  std::shared_ptr<const TapDirectory> taps_ =
      std::make_shared<TapDirectory>(TapDirectory{}, std::vector<AssignedTap>{{1, "a", ""}, {2, "b", ""}});
  std::vector<DispatchTable::Route> routes_;
  Pipeline pipeline_;
};

TEST_F(PipelineTest, EveryCopyEndsInOneEmitOrOneNamedDrop) {
  std::mt19937_64 random(test::seed());
  for (std::uint32_t bit = 0; bit < 12; ++bit) {
    AssignedPolicy random_policy = policy("p" + std::to_string(bit), bit);
    random_policy.service_path = 1 + bit % 2;
    random_policy.from_epoch = 5 + bit % 4;
    random_policy.record = random() % 2 != 0;
    random_policy.stream = random() % 2 != 0;
    random_policy.residual = random() % 2 != 0 ? "udp port 53" : "";
    random_policy.limit_packets = random() % 3 == 0 ? 100 : 0;
    random_policy.limit_bytes = random() % 3 == 0 ? 5'000 : 0;
    assign(random_policy, {64 * 1024, 128 * 1024});
  }
  for (int count = 0; count < 20'000; ++count) {
    CopySpec copy;
    copy.bits = random() & random();
    copy.tap = random() % 4;
    copy.epoch = 4 + random() % 6;
    copy.service_path = random() % 4;
    base::Bytes frame = fabric_frame(udp_frame(1, random() % 2 != 0 ? 53 : 80, 42 + random() % 500), copy);
    if (random() % 10 == 0) frame[random() % 38] ^= static_cast<std::byte>(random());
    if (random() % 20 == 0) frame.resize(random() % frame.size());
    receive(frame, random() % 50 == 0);
  }
  EXPECT_GT(pipeline_.counters.not_fabric.get(), 0U);
  EXPECT_GT(pipeline_.counters.unknown_policy.get(), 0U);
  EXPECT_GT(pipeline_.counters.stale_epoch.get(), 0U);
  EXPECT_GT(pipeline_.counters.truncated.get(), 0U);
  expect_conserved();
}

TEST_F(PipelineTest, OverlappingPoliciesEachGetTheirCopyOnce) {
  PolicyRun& first = assign(policy("first", 0));
  PolicyRun& second = assign(policy("second", 63));
  PolicyRun& third = assign(policy("third", 5));
  receive(fabric_frame(udp_frame(1, 2), {.bits = 1ULL << 63 | 1}));
  EXPECT_EQ(first.counters.delivered.get(), 1U);
  EXPECT_EQ(second.counters.delivered.get(), 1U);
  EXPECT_EQ(third.counters.received.get(), 0U);
  expect_conserved();
}

TEST_F(PipelineTest, BitThatIsUsedAgainBelongsToTheNewPolicyFromItsEpochOn) {
  AssignedPolicy old_policy = policy("old", 3, 1);
  AssignedPolicy new_policy = policy("new", 3, 2);
  new_policy.from_epoch = 9;
  PolicyRun& old_run = assign(old_policy);
  PolicyRun& new_run = assign(new_policy);
  for (const std::uint32_t epoch : {6U, 7U, 8U, 9U, 10U})
    receive(fabric_frame(udp_frame(1, 2), {.bits = 8, .epoch = epoch}));
  EXPECT_EQ(pipeline_.counters.stale_epoch.get(), 1U);
  EXPECT_EQ(old_run.counters.received.get(), 2U);
  EXPECT_EQ(new_run.counters.received.get(), 2U);
  expect_conserved();
}

TEST_F(PipelineTest, DropsHaveNames) {
  PolicyRun& web = assign(policy("web", 0));
  receive(udp_frame(1, 2));
  receive(fabric_frame(udp_frame(1, 2), {.bits = 0}));
  receive(fabric_frame(udp_frame(1, 2), {.bits = 2}));
  receive(fabric_frame(udp_frame(1, 2), {.service_path = 2}));
  receive(fabric_frame(udp_frame(1, 2), {.epoch = 6}));
  receive(fabric_frame(udp_frame(1, 2)), true);
  receive({});
  EXPECT_EQ(pipeline_.counters.not_fabric.get(), 2U);
  EXPECT_EQ(pipeline_.counters.no_policy.get(), 1U);
  EXPECT_EQ(pipeline_.counters.unknown_policy.get(), 2U);
  EXPECT_EQ(pipeline_.counters.stale_epoch.get(), 1U);
  EXPECT_EQ(pipeline_.counters.truncated.get(), 1U);
  EXPECT_EQ(web.counters.received.get(), 0U);
  expect_conserved();
}

TEST_F(PipelineTest, ResidualSeesTheOriginalFrameAndSnaplenCutsOnlyWhatIsKept) {
  AssignedPolicy cut = policy("cut", 0);
  cut.residual = "udp port 53 and len == 300";
  cut.snaplen = 60;
  cut.record = true;
  PolicyRun& run = assign(cut);
  receive(fabric_frame(udp_frame(1, 53, 300)));
  receive(fabric_frame(udp_frame(1, 53, 301)));
  receive(fabric_frame(udp_frame(1, 54, 300)));
  EXPECT_EQ(run.counters.residual.get(), 2U);
  run.record_ring()->drain(1 << 20, [](const PacketMeta& meta, base::BytesView bytes) {
    EXPECT_EQ(meta.original_length, 300U);
    const base::Bytes whole = udp_frame(1, 53, 300);
    EXPECT_EQ(base::Bytes(bytes.begin(), bytes.end()), base::Bytes(whole.begin(), whole.begin() + 60));
  });
  EXPECT_EQ(run.counters.delivered_bytes.get(), 60U);
}

TEST_F(PipelineTest, PacketLimitIsExact) {
  AssignedPolicy limited = policy("limited", 0);
  limited.limit_packets = 3;
  limited.record = limited.stream = true;
  PolicyRun& run = assign(limited);
  for (int count = 0; count < 10; ++count) {
    EXPECT_EQ(run.limit_reached(), count >= 3);
    receive(fabric_frame(udp_frame(1, 2)));
  }
  EXPECT_EQ(run.counters.delivered.get(), 3U);
  EXPECT_EQ(run.counters.limit.get(), 7U);
  EXPECT_EQ(waiting(*run.record_ring()), 3U);
  EXPECT_EQ(waiting(*run.stream_ring()), 3U);
}

TEST_F(PipelineTest, ByteLimitIsNeverPassedAndLetsNoSmallerPacketSlipIn) {
  AssignedPolicy limited = policy("limited", 0);
  limited.limit_bytes = 250;
  PolicyRun& run = assign(limited);
  receive(fabric_frame(udp_frame(1, 2, 100)));
  receive(fabric_frame(udp_frame(1, 2, 100)));
  EXPECT_FALSE(run.limit_reached());
  receive(fabric_frame(udp_frame(1, 2, 100)));
  EXPECT_TRUE(run.limit_reached());
  receive(fabric_frame(udp_frame(1, 2, 50)));
  EXPECT_EQ(run.counters.delivered_bytes.get(), 200U);
  EXPECT_EQ(run.counters.limit.get(), 2U);
}

TEST_F(PipelineTest, PacketThatNoSinkTookDoesNotCountForTheLimit) {
  AssignedPolicy limited = policy("limited", 0);
  limited.limit_packets = 100;
  limited.record = true;
  PolicyRun& run = assign(limited, {64 * 1024, 64 * 1024});
  for (int count = 0; count < 100; ++count) receive(fabric_frame(udp_frame(1, 2, 1400)));
  EXPECT_FALSE(run.limit_reached());
  EXPECT_GT(run.counters.record_queue_full.get(), 0U);
  EXPECT_EQ(run.counters.lost.get(), run.counters.record_queue_full.get());
  waiting(*run.record_ring());
  while (!run.limit_reached()) receive(fabric_frame(udp_frame(1, 2, 64)));
  EXPECT_EQ(run.counters.delivered.get(), 100U);
}

TEST_F(PipelineTest, TapsBeyondTheSlotsShareOne) {
  std::vector<AssignedTap> many;
  for (std::uint32_t id = 1; id <= 2 * kTapSlots; ++id) many.push_back({id, "tap", ""});
  taps_ = std::make_shared<TapDirectory>(TapDirectory{}, many);
  PolicyRun& run = assign(policy("web", 0));
  for (const std::uint32_t tap : {1U, 1023U, 1024U, 2048U, 99'999U})
    receive(fabric_frame(udp_frame(1, 2), {.tap = tap}));
  EXPECT_EQ(run.tap(0).received.get(), 3U);
  EXPECT_EQ(run.counters.received.get(), 5U);
}

}  // namespace
}  // namespace superspan::node
