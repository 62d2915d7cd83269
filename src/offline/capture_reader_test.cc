// SPDX-License-Identifier: Apache-2.0
// Captures of every kind that is read, and of every kind that is refused.
#include "offline/capture_reader.h"

#include "offline/testing.h"

namespace superspan::offline {
namespace {

using test::CaptureBytes;
using test::read_all;

const base::Bytes kFrame(60, std::byte{0x5a});
constexpr std::int64_t kSecond = 1'000'000'000;

// Hands out one byte at a time, as a slow pipe may.
class Drip final : public ByteSource {
 public:
  explicit Drip(base::BytesView bytes) : bytes_(bytes) {}
  base::Result<std::size_t> read(std::span<std::byte> room) override {
    if (bytes_.empty()) return 0;
    room.front() = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return 1;
  }

 private:
  base::BytesView bytes_;
};

TEST(CaptureReader, ReadsPcapInEitherOrderAndUnit) {
  for (const bool little : {true, false}) {
    const auto micro = read_all(CaptureBytes(little).pcap_header(0xa1b2c3d4).record(7, 8, kFrame, 99).view());
    ASSERT_EQ(micro.packets.size(), 1U) << micro.error;
    EXPECT_EQ(micro.error, "");
    EXPECT_EQ(micro.packets[0].time_ns, 7 * kSecond + 8'000);
    EXPECT_EQ(micro.packets[0].original_length, 99U);
    EXPECT_EQ(micro.packets[0].bytes, kFrame);
    const auto nano = read_all(CaptureBytes(little).pcap_header(0xa1b23c4d).record(7, 8, kFrame).view());
    ASSERT_EQ(nano.packets.size(), 1U);
    EXPECT_EQ(nano.packets[0].time_ns, 7 * kSecond + 8);
  }
}

TEST(CaptureReader, StepsOverTheLongerRecordHeadersOfPatchedLibpcaps) {
  CaptureBytes capture;
  capture.pcap_header(0xa1b2cd34);
  for (int count = 0; count < 2; ++count) capture.u32(1).u32(2).u32(60).u32(60).zeros(8).bytes(kFrame);
  const auto read = read_all(capture.view());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[1].bytes, kFrame);
}

TEST(CaptureReader, CutsPacketsAtTheSnaplenOfThePcapAsLibpcapDoes) {
  const auto read =
      read_all(CaptureBytes().pcap_header(0xa1b2c3d4, 20).record(1, 1, kFrame).record(2, 1, kFrame).view());
  ASSERT_EQ(read.packets.size(), 2U) << read.error;
  EXPECT_EQ(read.packets[1].bytes.size(), 20U);
  EXPECT_EQ(read.packets[1].original_length, 60U);
}

TEST(CaptureReader, ReadsPcapngInEitherOrderWithEveryPacketBlock) {
  for (const bool little : {true, false}) {
    CaptureBytes capture(little);
    capture.section().interface().enhanced(0, 5'000'001, kFrame);
    capture.block(3, CaptureBytes(little).u32(60).bytes(kFrame).view());  // simple
    capture.block(2,
                  CaptureBytes(little).u16(0).u16(4).u32(0).u32(9).u32(60).u32(60).bytes(kFrame).view());  // obsolete
    capture.block(0x0bad, base::Bytes(8));  // of a kind that nobody knows
    const auto read = read_all(capture.view());
    EXPECT_EQ(read.error, "");
    ASSERT_EQ(read.packets.size(), 3U);
    EXPECT_EQ(read.packets[0].time_ns, 5 * kSecond + 1'000);
    EXPECT_EQ(read.packets[1].time_ns, 0);
    EXPECT_EQ(read.packets[2].time_ns, 9'000);
    EXPECT_EQ(read.packets[2].lost, 4U);
    for (const auto& packet : read.packets) EXPECT_EQ(packet.bytes, kFrame);
  }
}

TEST(CaptureReader, KnowsEveryResolutionAndOffset) {
  const auto time_of = [](std::uint8_t resolution, std::uint32_t offset, std::uint64_t ticks) {
    CaptureBytes options;
    options.u16(9).u16(1).u32(resolution).u16(14).u16(8).u32(offset).u32(0).u32(0);
    const auto read =
        read_all(CaptureBytes().section().interface(1, 0, options.view()).enhanced(0, ticks, kFrame).view());
    return read.packets.empty() ? -1 : read.packets[0].time_ns;
  };
  EXPECT_EQ(time_of(9, 0, 1'700'000'000'123'456'789), 1'700'000'000'123'456'789);
  EXPECT_EQ(time_of(3, 10, 2'500), 12 * kSecond + 500'000'000);
  EXPECT_EQ(time_of(0, 0, 7), 7 * kSecond);
  EXPECT_EQ(time_of(12, 0, 1'000'000'001'999), kSecond + 1);  // picoseconds are cut
  EXPECT_EQ(time_of(0x80 | 1, 0, 3), kSecond + 500'000'000);  // halves of a second
  EXPECT_EQ(time_of(20, 0, 1), -1);
}

TEST(CaptureReader, CountsInterfacesFromZeroInEachSection) {
  CaptureBytes name;
  name.u16(2).u16(4).bytes(std::as_bytes(std::span("eth0", 4)));
  CaptureBytes other;
  other.u16(2).u16(4).bytes(std::as_bytes(std::span("eth1", 4)));
  const auto read = read_all(CaptureBytes()
                                 .section()
                                 .interface(1, 0, name.view())
                                 .interface(1, 96, other.view())
                                 .enhanced(1, 1, kFrame)
                                 .section()
                                 .interface(1, 0, name.view())
                                 .enhanced(0, 2, kFrame)
                                 .view());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0].interface, "eth1");
  EXPECT_EQ(read.packets[1].interface, "eth0");
}

TEST(CaptureReader, ReadsTheSameByteByByte) {
  const base::Bytes capture = CaptureBytes().section().interface().enhanced(0, 1, kFrame).enhanced(0, 2, kFrame).view();
  Drip source(capture);
  auto reader = CaptureReader::open(source, "in");
  ASSERT_TRUE(reader);
  CaptureFrame frame;
  EXPECT_TRUE(*reader->next(frame));
  EXPECT_TRUE(std::ranges::equal(frame.bytes, kFrame));
  EXPECT_TRUE(*reader->next(frame));
  EXPECT_FALSE(*reader->next(frame));
}

TEST(CaptureReader, SkipsBlocksThatAreLongerThanItsMemory) {
  const auto read =
      read_all(CaptureBytes().section().interface().block(10, base::Bytes(20 << 20)).enhanced(0, 1, kFrame).view());
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.packets.size(), 1U);
}

struct Refused {
  const char* what;
  base::Bytes capture;
  std::size_t packets;  // read before
  const char* error;    // a part of it
};

std::vector<Refused> refused() {
  const CaptureBytes good = CaptureBytes().pcap_header().record(1, 1, kFrame);
  const CaptureBytes good_ng = CaptureBytes().section().interface().enhanced(0, 1, kFrame);
  const auto after = [](CaptureBytes start, const CaptureBytes& rest) { return start.bytes(rest.view()).view(); };
  const auto cut = [](base::Bytes bytes, std::size_t less) {
    bytes.resize(bytes.size() - less);
    return bytes;
  };
  return {
      {"nothing", {}, 0, "the file is empty"},
      {"a byte", base::Bytes(1), 0, "too short"},
      {"text", base::Bytes(100, std::byte{'x'}), 0, "neither as pcap nor as pcapng"},
      {"half a header", cut(CaptureBytes().pcap_header().view(), 10), 0, "too short"},
      {"version 3", CaptureBytes().u32(0xa1b2c3d4).u16(3).zeros(18).view(), 0, "version 3.0, not 2.x"},
      {"wireless LAN", CaptureBytes().pcap_header(0xa1b2c3d4, 0, 105).view(), 0,
       "IEEE802_11 (105, wireless LAN), not Ethernet"},
      {"a link type without name", CaptureBytes().pcap_header(0xa1b2c3d4, 0, 4711).view(), 0,
       "link type 4711, not Ethernet"},
      {"half a record header", after(good, CaptureBytes().u32(1)), 1,
       "cut off at byte 104, in the middle of what follows packet 1"},
      {"half a packet", cut(good.view(), 1), 0, "cut off at byte 99"},
      {"a huge packet", after(good, CaptureBytes().u32(1).u32(1).u32(0xfffffff0).u32(60)), 1,
       "damaged at byte 100, behind packet 1: a packet claims 4294967280 captured bytes"},
      {"half a section", cut(CaptureBytes().section().view(), 4), 0, "cut off"},
      {"half a block", cut(good_ng.view(), 1), 0, "cut off"},
      {"a block of 4 bytes", after(good_ng, CaptureBytes().u32(6).u32(4).u32(4)), 1, "claims 4 bytes"},
      {"a block of no bytes at the end", after(good_ng, CaptureBytes().u32(6).u32(0)), 1, "claims 0 bytes"},
      {"a block of no bytes", after(good_ng, CaptureBytes().u32(6).u32(0).zeros(8)), 1, "claims 0 bytes"},
      {"an odd length", after(good_ng, CaptureBytes().u32(6).u32(13).zeros(8)), 1, "claims 13 bytes"},
      {"a huge packet block", after(good_ng, CaptureBytes().u32(6).u32(0xfffffff0).zeros(8)), 1,
       "claims 4294967280 bytes, more than"},
      {"a huge unknown block", after(good_ng, CaptureBytes().u32(99).u32(0xfffffff0).zeros(8)), 1, "cut off"},
      {"two lengths", after(good_ng, CaptureBytes().u32(6).u32(16).u32(0).u32(20)), 1,
       "the two lengths of a block differ"},
      {"no byte order", after(good_ng, CaptureBytes().u32(0x0a0d0d0a).u32(28).zeros(20)), 1, "no byte-order magic"},
      {"section version 2",
       after(good_ng, CaptureBytes().block(0x0a0d0d0a, CaptureBytes().u32(0x1a2b3c4d).u16(2).zeros(10).view())), 1,
       "version 2, not 1"},
      {"a packet without interface", CaptureBytes().section().enhanced(0, 1, kFrame).view(), 0,
       "interface 0, which is not described"},
      {"a packet of another section's interface", after(good_ng, CaptureBytes().section().enhanced(0, 1, kFrame)), 1,
       "not described"},
      {"more than the block has",
       after(good_ng,
             CaptureBytes().block(6, CaptureBytes().u32(0).u32(0).u32(0).u32(100).u32(100).bytes(kFrame).view())),
       1, "more bytes than its block has"},
      {"more than the snaplen", CaptureBytes().section().interface(1, 40).enhanced(0, 1, kFrame).view(), 0,
       "claims 60 captured bytes, more than 40"},
      {"a packet of a second link type", after(good_ng, CaptureBytes().interface(113).enhanced(1, 1, kFrame)), 1,
       "LINUX_SLL (113, Linux cooked capture, of tcpdump -i any), not Ethernet"},
      {"an empty interface block", after(good_ng, CaptureBytes().block(1, {})), 1, "too short"},
      {"an empty packet block", after(good_ng, CaptureBytes().block(6, {})), 1, "too short"},
  };
}

TEST(CaptureReader, RefusesWhatIsDamagedAndKeepsWhatStandsBefore) {
  for (const Refused& one : refused()) {
    const auto read = read_all(one.capture);
    EXPECT_EQ(read.packets.size(), one.packets) << one.what;
    EXPECT_TRUE(read.error.contains(one.error)) << one.what << ": " << read.error;
    EXPECT_TRUE(read.error.contains("\nhint: ")) << one.what;
  }
}

TEST(CaptureReader, AcceptsInterfacesOfOtherLinkTypesWithoutPackets) {
  const auto read = read_all(CaptureBytes().section().interface(113).interface().enhanced(1, 1, kFrame).view());
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.packets.size(), 1U);
}

}  // namespace
}  // namespace superspan::offline
