// SPDX-License-Identifier: Apache-2.0
#include "cli/pcapng_meter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "recorder/pcapng.h"

namespace superspan::cli {
namespace {

base::Bytes stream(std::uint64_t port_dropped = 0) {
  const base::Bytes frame(61, std::byte{0xab});
  recorder::PcapngWriter writer;
  writer.section("policy: dns", "superspan");
  for (const char* name : {"leaf1", "leaf2"}) {
    const auto number = writer.interface({.name = name, .description = "", .filter = "", .snaplen = 0});
    writer.packet({.interface = number,
                   .time = base::WallTime(std::chrono::nanoseconds(1'700'000'000'123'456'789)),
                   .original_length = 1500,
                   .comment = "epoch 1",
                   .bytes = frame});
  }
  for (const std::uint32_t number : {0U, 1U}) {
    writer.statistics({.interface = number,
                       .start = {},
                       .end = {},
                       .device_dropped = port_dropped,
                       .os_dropped = number + 1,
                       .comment = ""});
  }
  return writer.view();
}

TEST(PcapngMeter, CountsPacketsBytesAndDropsOfEveryTap) {
  PcapngMeter meter;
  std::string seen;
  const base::Bytes bytes = stream(10);
  const auto whole = meter.feed(bytes, [&](const PcapngPacket& packet) {
    seen += std::string(packet.interface) + " " + std::to_string(packet.time_ns) + " " +
            std::to_string(packet.wire_bytes) + " " + std::to_string(packet.frame.size()) + "\n";
  });
  ASSERT_TRUE(whole);
  EXPECT_TRUE(std::ranges::equal(*whole, bytes));
  EXPECT_EQ(seen, "leaf1 1700000000123456789 1500 61\nleaf2 1700000000123456789 1500 61\n");
  EXPECT_EQ(meter.totals().packets, 2U);
  EXPECT_EQ(meter.totals().bytes, 122U);
  EXPECT_EQ(meter.totals().dropped, 13U);  // 1 + 2, and the 10 that the port lost for both together
  EXPECT_TRUE(meter.at_block_end());
}

TEST(PcapngMeter, GivesOutWholeBlocksHoweverTheStreamIsCut) {
  const base::Bytes bytes = stream();
  for (std::size_t step = 1; step < 80; ++step) {
    PcapngMeter meter;
    base::Bytes out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const auto blocks = meter.feed(base::BytesView(bytes).subspan(at, std::min(step, bytes.size() - at)));
      ASSERT_TRUE(blocks);
      out.insert(out.end(), blocks->begin(), blocks->end());
      EXPECT_EQ(meter.at_block_end(), out.size() == std::min(at + step, bytes.size()));
    }
    EXPECT_EQ(out, bytes);
    EXPECT_EQ(meter.totals().packets, 2U);
  }
}

TEST(PcapngMeter, AddsUpSections) {
  PcapngMeter meter;
  for (int section = 0; section < 3; ++section) ASSERT_TRUE(meter.feed(stream()));
  EXPECT_EQ(meter.totals().packets, 6U);
  EXPECT_EQ(meter.totals().dropped, 9U);
}

TEST(PcapngMeter, ReadsBigEndianSections) {
  base::ByteWriter writer;
  for (const std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 0x00010000U, ~0U, ~0U, 28U}) writer.be32(word);
  for (const std::uint32_t word : {1U, 20U, 0x00010000U, 0U, 20U}) writer.be32(word);
  for (const std::uint32_t word : {6U, 36U, 0U, 0U, 1'000'001U, 4U, 4U, 0x01020304U, 36U}) writer.be32(word);
  PcapngMeter meter;
  std::uint64_t time_ns = 0;
  ASSERT_TRUE(meter.feed(writer.view(), [&](const PcapngPacket& packet) { time_ns = packet.time_ns; }));
  EXPECT_EQ(meter.totals().packets, 1U);
  EXPECT_EQ(time_ns, 1'000'001'000U);  // microseconds unless if_tsresol says else
}

TEST(PcapngMeter, RefusesOtherBytes) {
  const auto refused = [](std::initializer_list<std::uint32_t> words) {
    base::ByteWriter writer;
    for (const std::uint32_t word : words) writer.be32(word);
    PcapngMeter meter;
    return !meter.feed(writer.view());
  };
  EXPECT_TRUE(refused({0x3c68746dU, 0x6c3e0000U, 0U}));           // <html>
  EXPECT_TRUE(refused({0xa1b2c3d4U, 0x00020004U, 0U}));           // classic pcap
  EXPECT_TRUE(refused({0x0a0d0d0aU, 28U, 0x11111111U}));          // bad magic
  EXPECT_TRUE(refused({0x0a0d0d0aU, 0x7fffffffU, 0x1a2b3c4dU}));  // a block of 2 GiB
  EXPECT_TRUE(refused({0x0a0d0d0aU, 8U, 0x1a2b3c4dU}));           // shorter than itself
  EXPECT_TRUE(refused({6U, 36U, 0U, 0U, 0U, 0U, 0U, 0U, 36U}));   // a packet before any section
}

TEST(PcapngMeter, SurvivesBlocksThatContradictThemselves) {
  base::ByteWriter writer;
  for (const std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 0x00010000U, ~0U, ~0U, 28U}) writer.be32(word);
  for (const std::uint32_t word : {6U, 36U, 9U, 0U, 0U, 400U, 400U, 0U, 36U})
    writer.be32(word);                                                                         // longer than the block
  for (const std::uint32_t word : {5U, 28U, 9U, 0U, 0U, 0x0005ffffU, 28U}) writer.be32(word);  // no such interface
  for (const std::uint32_t word : {1U, 12U, 12U}) writer.be32(word);                           // no body
  PcapngMeter meter;
  EXPECT_TRUE(meter.feed(writer.view()));
  EXPECT_EQ(meter.totals().packets, 0U);
}

}  // namespace
}  // namespace superspan::cli
