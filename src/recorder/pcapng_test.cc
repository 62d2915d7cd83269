// SPDX-License-Identifier: Apache-2.0
#include "recorder/pcapng.h"

#include <gtest/gtest.h>

#include <string>

#include "recorder/pcapng_reader.h"

namespace superspan::recorder {
namespace {

std::string hex(base::BytesView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at > 0 && at % 4 == 0) text.push_back(at % 16 == 0 ? '\n' : ' ');
    text.push_back(kDigits[std::to_integer<unsigned>(bytes[at]) >> 4]);
    text.push_back(kDigits[std::to_integer<unsigned>(bytes[at]) & 15]);
  }
  return text;
}

base::BytesView bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
base::WallTime at(std::int64_t nanoseconds) {
  return base::WallTime{base::Duration{nanoseconds}};
}

TEST(Pcapng, SectionHeaderHasCommentAndApplication) {
  PcapngWriter writer;
  writer.section("why", "superspan");
  EXPECT_EQ(hex(writer.view()),
            "0a0d0d0a 38000000 4d3c2b1a 01000000\n"
            "ffffffff ffffffff 01000300 77687900\n"
            "04000900 73757065 72737061 6e000000\n"
            "00000000 38000000");
}

TEST(Pcapng, InterfaceIsEthernetInNanoseconds) {
  PcapngWriter writer;
  EXPECT_EQ(writer.interface({"leaf1", "", "", 128}), 0U);
  EXPECT_EQ(hex(writer.view()),
            "01000000 2c000000 01000000 80000000\n"
            "02000500 6c656166 31000000 09000100\n"
            "09000000 00000000 2c000000");
  EXPECT_EQ(writer.interface({"leaf2", "", "", 0}), 1U);
}

TEST(Pcapng, PacketIsPaddedAndTellsTimeHighWordFirst) {
  PcapngWriter writer;
  writer.packet({3, at(0x0102030405060708), 1500, 0, {}, bytes_of("abcde")});
  EXPECT_EQ(hex(writer.view()),
            "06000000 28000000 03000000 04030201\n"
            "08070605 05000000 dc050000 61626364\n"
            "65000000 28000000");
}

TEST(Pcapng, PacketCarriesCommentAndDropCount) {
  PcapngWriter writer;
  writer.packet({0, at(1), 4, 7, "ep", bytes_of("abcd")});
  EXPECT_EQ(hex(writer.view()),
            "06000000 3c000000 00000000 00000000\n"
            "01000000 04000000 04000000 61626364\n"
            "01000200 65700000 04000800 07000000\n"
            "00000000 00000000 3c000000");
}

TEST(Pcapng, StatisticsTellStartEndAndFiveCounts) {
  PcapngWriter writer;
  writer.statistics({1, at(1), at(2), 10, 1, 9, 2, 7, ""});
  EXPECT_EQ(hex(writer.view()),
            "05000000 70000000 01000000 00000000\n"
            "02000000 02000800 00000000 01000000\n"
            "03000800 00000000 02000000 04000800\n"
            "0a000000 00000000 05000800 01000000\n"
            "00000000 06000800 09000000 00000000\n"
            "07000800 02000000 00000000 08000800\n"
            "07000000 00000000 00000000 70000000");
}

TEST(Pcapng, WhatIsWrittenIsReadBack) {
  PcapngWriter writer;
  writer.section("policy: web", "superspan");
  writer.interface({"leaf1-spine1", "uplink", "tcp port 443", 0});
  writer.packet({0, at(1'700'000'000'123'456'789), 60, 5, "epoch 8, policy web", bytes_of("frame")});
  writer.statistics({0, at(1), at(2), 10, 1, 9, 2, 7, "queue=2"});
  const auto contents = read_pcapng(writer.view());
  ASSERT_TRUE(contents) << base::render(contents.error());
  EXPECT_EQ(contents->whole_blocks_bytes, writer.view().size());
  EXPECT_EQ(contents->section_comments, std::vector<std::string>{"policy: web"});
  EXPECT_EQ(contents->interfaces.at(0).name, "leaf1-spine1");
  EXPECT_EQ(contents->interfaces.at(0).description, "uplink");
  EXPECT_EQ(contents->interfaces.at(0).filter, "tcp port 443");
  const ReadPacket& packet = contents->packets.at(0);
  EXPECT_EQ(packet.time, at(1'700'000'000'123'456'789));
  EXPECT_EQ(packet.original_length, 60U);
  EXPECT_EQ(packet.lost_before, 5U);
  EXPECT_EQ(packet.comment, "epoch 8, policy web");
  EXPECT_EQ(hex(packet.bytes), hex(bytes_of("frame")));
  const ReadStatistics& statistics = contents->statistics.at(0);
  EXPECT_EQ(statistics.received, 10U);
  EXPECT_EQ(statistics.device_dropped, 1U);
  EXPECT_EQ(statistics.accepted, 9U);
  EXPECT_EQ(statistics.os_dropped, 2U);
  EXPECT_EQ(statistics.delivered, 7U);
  EXPECT_EQ(statistics.end, at(2));
}

TEST(Pcapng, TextLongerThanAnOptionIsCutBeforeACharacter) {
  std::string text(65'534, 'a');
  text += "\xc3\xa4";  // one character of two bytes, the second of which does not fit
  PcapngWriter writer;
  writer.section(text, "superspan");
  const auto contents = read_pcapng(writer.view());
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->section_comments.at(0), std::string(65'534, 'a'));
}

TEST(Pcapng, ReaderRefusesWhatIsNotARecording) {
  EXPECT_FALSE(read_pcapng(bytes_of("no pcapng, but long enough for a block head")));
  PcapngWriter writer;
  writer.section("", "superspan");
  writer.packet({0, at(1), 4, 0, {}, bytes_of("abcd")});
  const auto unknown_interface = read_pcapng(writer.view());
  ASSERT_FALSE(unknown_interface);
  EXPECT_EQ(unknown_interface.error().place, "byte 48");
  base::Bytes torn = writer.view();
  torn[44] = std::byte{99};  // the second length of the section header
  EXPECT_EQ(read_pcapng(torn).error().message, "the two lengths of a block differ");
}

}  // namespace
}  // namespace superspan::recorder
