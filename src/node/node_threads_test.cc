// SPDX-License-Identifier: Apache-2.0
// The node with its real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <random>
#include <thread>

#include "base/testing/seed.h"
#include "node/node.h"
#include "node/status.h"
#include "node/testing.h"
#include "recorder/memory_disk.h"
#include "recorder/pcapng_reader.h"

namespace superspan::node {
namespace {

using test::assignment;
using test::fabric_frame;
using test::policy;
using test::recorded;
using test::udp_frame;

// Frames without end, from whatever thread asks.
class EndlessInput final : public PacketInput {
 public:
  EndlessInput() {
    for (std::uint64_t bits = 1; bits < 64; ++bits) {
      frames_.push_back(fabric_frame(udp_frame(1, 2, 60 + bits), {.bits = bits}));
      burst_.push_back({frames_.back(), false});
    }
  }
  std::span<const InputFrame> receive() override {
    received += burst_.size();
    return burst_;
  }
  PortDrops drops() override { return {}; }
  std::atomic<std::uint64_t> received{0};

 private:
  std::vector<base::Bytes> frames_;
  std::vector<InputFrame> burst_;
};

// Holds whoever receives until it is let go.
class StuckInput final : public PacketInput {
 public:
  std::span<const InputFrame> receive() override {
    while (stuck.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }
  PortDrops drops() override { return {}; }
  std::atomic<bool> stuck{true};
};

// Has no frames, and lets nobody go who waits for one.
class SilentInput final : public PacketInput {
 public:
  std::span<const InputFrame> receive() override { return {}; }
  void wait(std::chrono::microseconds) override {
    waits = true;
    while (silent.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  PortDrops drops() override { return {}; }
  std::atomic<bool> waits{false};
  std::atomic<bool> silent{true};
};

TEST(NodeThreads, AssignmentComesIntoForceWhileTheWorkerRests) {
  const base::SystemClock clock;
  SilentInput input;
  recorder::MemoryDisk disk;
  Node node({.name = "node1", .buffers = {}, .recorder = {}}, input, disk, clock);
  node.start();
  while (!input.waits) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = clock.steady();
  const auto status = node.apply(assignment({recorded("web", 0)}, 5));
  EXPECT_TRUE(status) << base::render(status.error());
  EXPECT_LT(clock.steady() - start, std::chrono::seconds(1));
  EXPECT_EQ(node.report().applied, 5U);
  input.silent = false;
  node.stop();
}

TEST(NodeThreads, AssignmentThatTheWorkerDoesNotTakeIsNotReportedAsInForce) {
  const base::SystemClock clock;
  StuckInput input;
  recorder::MemoryDisk disk;
  Node node({.name = "node1", .buffers = {}, .recorder = {}}, input, disk, clock);
  node.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // now it is inside receive()
  const Assignment wanted = assignment({recorded("web", 0)}, 5);
  const auto late = node.apply(wanted);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::ErrorCode::kTimeout);
  EXPECT_EQ(node.report().applied, 0U);
  EXPECT_EQ(node.report().epoch, 0U);
  EXPECT_FALSE(node.apply(assignment({}, 4))) << "older than what is about to come into force";
  input.stuck = false;
  const auto again = node.apply(wanted);
  EXPECT_TRUE(again) << base::render(again.error());
  EXPECT_EQ(node.report().applied, 5U);
  EXPECT_EQ(node.report().policies.size(), 1U) << "one capture, not one for each try";
  node.stop();
}

// With all threads: policies come and go while packets arrive. Under TSan this is the proof of the handshake.
TEST(NodeThreads, EveryCopyIsAccountedForWhilePoliciesComeAndGo) {
  std::mt19937_64 random(test::seed());
  const base::SystemClock clock;
  EndlessInput input;
  recorder::MemoryDisk disk;
  NodeOptions options{.name = "node1", .buffers = {1 << 20, 1 << 20}, .recorder = {}};
  options.grace = std::chrono::milliseconds(1);
  options.remember = std::chrono::hours(1);
  Node node(options, input, disk, clock);
  node.start();
  for (std::uint64_t revision = 1; revision <= 60; ++revision) {
    std::vector<AssignedPolicy> policies;
    for (std::uint32_t bit = 0; bit < 6; ++bit) {
      if (random() % 2 == 0) continue;
      AssignedPolicy assigned = policy("p" + std::to_string(bit), bit);
      assigned.record = bit % 2 == 0;
      assigned.stream = bit % 3 == 0;
      assigned.snaplen = 20;
      assigned.residual = random() % 2 == 0 ? "udp" : "";
      policies.push_back(std::move(assigned));
    }
    ASSERT_TRUE(node.apply(assignment(std::move(policies), revision)));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    node.tick();
    (void)counters_json(node.report());
  }
  node.stop();
  const NodeReport report = node.report();
  EXPECT_EQ(report.frames->received.get(), input.received.load());
  std::uint64_t copies = report.frames->unknown_policy.get() + report.frames->stale_epoch.get();
  std::uint64_t recorded = 0;
  for (const NodeReport::Policy& policy : report.policies) {
    const PolicyCounters& count = policy.run->counters;
    copies += count.received.get();
    recorded += count.recorded.get();
    if (policy.run->record_ring() == nullptr) continue;
    EXPECT_EQ(count.accepted.get(), count.recorded.get() + count.record_queue_full.get());
  }
  EXPECT_EQ(copies, report.frames->copies.get());
  std::uint64_t on_disk = 0;
  for (const auto& [name, bytes] : disk.files) {
    const auto contents = recorder::read_pcapng(bytes);
    ASSERT_TRUE(contents) << name << ": " << base::render(contents.error());
    EXPECT_EQ(contents->statistics.size(), contents->interfaces.size()) << name;
    on_disk += contents->packets.size();
  }
  EXPECT_EQ(on_disk, recorded);
  EXPECT_GT(recorded, 0U);
}

}  // namespace
}  // namespace superspan::node
