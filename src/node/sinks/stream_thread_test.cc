// SPDX-License-Identifier: Apache-2.0
#include "node/sinks/stream_thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "node/testing.h"
#include "recorder/pcapng_reader.h"

namespace superspan::node {
namespace {

using test::FakeReader;

// One streamed policy "web" that gets packets, readers that come and go.
class StreamTest : public ::testing::Test {
 protected:
  StreamTest() : streams_("node1", clock_, taps_, port_drops_, bell_) {
    taps_.set(std::make_shared<TapDirectory>(TapDirectory{}, std::vector<AssignedTap>{{1, "leaf1-spine1", ""}}));
  }
  std::shared_ptr<PolicyRun> assign(BufferSizes sizes = {}, std::uint64_t limit_packets = 0) {
    AssignedPolicy web = test::policy("web", 0);
    web.stream = true;
    web.limit_packets = limit_packets;
    auto run = PolicyRun::create(web, sizes, clock_.wall(), 7);
    EXPECT_TRUE(run);
    streams_.add(*run);
    return *run;
  }
  void packets(PolicyRun& run, int count, std::size_t bytes = 100) {
    const base::Bytes frame = test::udp_frame(1, 2, bytes);
    for (; count > 0; --count) run.offer({frame, 1'000, 1, 1, 7});
  }
  std::shared_ptr<FakeReader> attach() {
    auto reader = std::make_shared<FakeReader>();
    const auto status = streams_.attach("web", reader);
    EXPECT_TRUE(status) << base::render(status.error());
    return reader;
  }
  void poll() {
    while (streams_.poll()) {
    }
  }
  static recorder::PcapngContents read(const FakeReader& reader) {
    auto contents = recorder::read_pcapng(std::as_bytes(std::span(reader.body)));
    EXPECT_TRUE(contents) << base::render(contents.error());
    EXPECT_EQ(contents->whole_blocks_bytes, reader.body.size());
    return *contents;
  }

  base::ManualClock clock_;
  SharedTaps taps_;
  Counter port_drops_;
  Bell bell_;
  StreamThread streams_;
};

// With the thread: a packet that comes alone is on its way long before the thread would look by itself.
TEST_F(StreamTest, PacketThatComesAloneIsStreamedAtOnce) {
  const auto run = assign();
  const auto reader = attach();
  const base::SystemClock clock;
  streams_.start();
  std::vector<base::Duration> times;
  for (std::uint64_t count = 1; count <= 21; ++count) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto start = clock.steady();
    packets(*run, 1);
    bell_.ring();
    while (run->counters.streamed.get() < count) std::this_thread::yield();
    times.push_back(clock.steady() - start);
  }
  run->close();
  streams_.stop();
  std::ranges::nth_element(times, times.begin() + 10);
  EXPECT_LT(times[10], std::chrono::milliseconds(5));
}

TEST_F(StreamTest, ReaderThatComesLateMissesNothing) {
  const auto run = assign();
  packets(*run, 50);
  const auto reader = attach();
  poll();
  packets(*run, 7);
  poll();
  const auto contents = read(*reader);
  EXPECT_EQ(contents.packets.size(), 57U);
  EXPECT_EQ(contents.interfaces.at(0).name, "leaf1-spine1");
  EXPECT_EQ(contents.packets.at(0).comment, "epoch 7, policy web");
  EXPECT_FALSE(reader->finished);
  EXPECT_EQ(run->counters.streamed.get(), 57U);
}

TEST_F(StreamTest, ReaderGetsTheHeaderBeforeTheFirstPacket) {
  assign();
  const auto reader = attach();
  poll();
  EXPECT_EQ(read(*reader).section_comments.size(), 1U);
}

TEST_F(StreamTest, EndOfThePolicyIsStatisticsAndTheEndOfTheBody) {
  const auto run = assign();
  const auto reader = attach();
  packets(*run, 3);
  run->close();
  poll();
  EXPECT_TRUE(reader->finished);
  const auto contents = read(*reader);
  ASSERT_EQ(contents.statistics.size(), 1U);
  EXPECT_EQ(contents.statistics[0].received, 3U);
  EXPECT_EQ(contents.statistics[0].delivered, 3U);
  EXPECT_EQ(streams_.can_attach("web").error().code, base::ErrorCode::kNotFound);
}

TEST_F(StreamTest, LimitEndsTheStreamWithExactlySoManyPackets) {
  const auto run = assign({}, 5);
  packets(*run, 20);
  const auto reader = attach();
  poll();
  EXPECT_TRUE(reader->finished);
  EXPECT_EQ(read(*reader).packets.size(), 5U);
}

TEST_F(StreamTest, SlowReaderLosesPacketsThatAreCountedAndTold) {
  const auto run = assign({64 * 1024, 64 * 1024});
  const auto reader = attach();
  poll();
  reader->room = 0;
  packets(*run, 2'000);
  poll();
  packets(*run, 100);
  EXPECT_GT(run->counters.stream_slow.get(), 0U);
  reader->room = ~std::size_t{0};
  poll();
  packets(*run, 1);
  run->close();
  poll();
  const auto contents = read(*reader);
  std::uint64_t lost = 0;
  for (const auto& packet : contents.packets) lost += packet.lost_before;
  EXPECT_EQ(lost, run->counters.stream_slow.get());
  EXPECT_EQ(contents.statistics.at(0).os_dropped, run->counters.stream_slow.get());
  EXPECT_EQ(contents.packets.size() + lost, 2'101U);
}

TEST_F(StreamTest, StreamHasOneReaderAndTakesAnotherWhenThatIsGone) {
  const auto run = assign();
  const auto first = attach();
  EXPECT_EQ(streams_.can_attach("web").error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(streams_.can_attach("dns").error().code, base::ErrorCode::kNotFound);
  packets(*run, 2);
  poll();
  first->gone = true;
  poll();
  packets(*run, 3);
  const auto second = attach();
  run->close();
  poll();
  const auto contents = read(*second);
  EXPECT_EQ(contents.packets.size(), 3U);
  EXPECT_EQ(contents.statistics.at(0).received, 3U) << "counts from where the first reader left";
}

TEST_F(StreamTest, RestOfAStreamWaitsForItsReaderAndIsThenDroppedByName) {
  const auto run = assign();
  packets(*run, 4);
  run->close();
  poll();
  clock_.advance(std::chrono::seconds(9));
  poll();
  EXPECT_TRUE(streams_.can_attach("web"));
  clock_.advance(std::chrono::seconds(1));
  poll();
  EXPECT_FALSE(streams_.can_attach("web"));
  EXPECT_EQ(run->counters.stream_unread.get(), 4U);
}

TEST_F(StreamTest, ReplacedPolicyFinishesItsReaderAndTheNewOneTakesTheNext) {
  const auto old_run = assign();
  const auto old_reader = attach();
  const auto new_run = assign();
  packets(*old_run, 1);
  packets(*new_run, 2);
  const auto new_reader = attach();
  old_run->close();
  poll();
  EXPECT_TRUE(old_reader->finished);
  EXPECT_EQ(read(*old_reader).packets.size(), 1U);
  EXPECT_EQ(read(*new_reader).packets.size(), 2U);
  EXPECT_FALSE(new_reader->finished);
}

}  // namespace
}  // namespace superspan::node
