// SPDX-License-Identifier: Apache-2.0
#include "recorder/capture_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "recorder/fake_source.h"
#include "recorder/pcapng_reader.h"

namespace superspan::recorder {
namespace {

// 2026-11-21T19:38:04.000000001Z
constexpr base::WallTime kStart{base::Duration{1'795'289'884'000'000'001}};
constexpr std::array<std::byte, 64> kFrame{};

CaptureInfo web() {
  return {"web", "tcp port 443", "ann", "slow checkout", "T-42", "node1", 7, 0, kStart};
}

CapturedPacket packet(std::uint32_t tap, std::uint32_t epoch, std::uint64_t lost = 0) {
  static std::int64_t nanoseconds = 0;
  return {kStart + base::Duration{++nanoseconds}, tap, epoch, 1500, lost, kFrame};
}

// Two taps, a change of epoch, three packets lost in the queue.
base::Bytes recording() {
  FakeSource source;
  source.known = {{1, {"leaf1-spine1", "leaf1 uplink"}}, {2, {"leaf2-spine1", ""}}};
  CaptureWriter writer(web(), source, "record_queue_full");
  writer.begin({kStart, 0, {}, {}});
  writer.packet(packet(1, 7));
  writer.packet(packet(2, 7));
  writer.packet(packet(1, 8, 3));
  writer.packet(packet(1, 7, 3));
  source.numbers = {{1, {8, 6, 3, 0}}, {2, {1, 1, 0, 0}}};
  (void)writer.end(kStart + std::chrono::seconds(5));
  return writer.view();
}

TEST(CaptureWriter, HeaderSaysWhyAndLeavesOutWhatIsEmpty) {
  const base::Bytes file = recording();
  const auto contents = read_pcapng(file);
  ASSERT_TRUE(contents) << base::render(contents.error());
  EXPECT_EQ(contents->section_comments.at(0),
            "policy: web\nexpression: tcp port 443\nowner: ann\nreason: slow checkout\nticket: T-42\nnode: node1\n"
            "epoch: 7\nstart: 2026-11-21T19:38:04.000000001Z");
  FakeSource nothing;
  CaptureInfo bare;
  bare.policy = "p";
  bare.start = kStart;
  CaptureWriter writer(bare, nothing, "stream_slow");
  writer.begin({});
  EXPECT_EQ(read_pcapng(writer.view())->section_comments.at(0),
            "policy: p\nexpression: \nepoch: 0\nstart: 2026-11-21T19:38:04.000000001Z");
}

TEST(CaptureWriter, FirstPacketOfEachEpochHasAComment) {
  const base::Bytes file = recording();
  const auto contents = read_pcapng(file);
  ASSERT_TRUE(contents);
  std::vector<std::string> comments;
  for (const ReadPacket& read : contents->packets) comments.push_back(read.comment);
  const std::vector<std::string> expected{"epoch 7, policy web", "", "epoch 8, policy web", ""};
  EXPECT_EQ(comments, expected);
}

TEST(CaptureWriter, LossIsToldByTheNextPacketOfTheTapOnce) {
  const base::Bytes file = recording();
  const auto contents = read_pcapng(file);
  ASSERT_TRUE(contents);
  std::vector<std::uint64_t> lost;
  for (const ReadPacket& read : contents->packets) lost.push_back(read.lost_before);
  const std::vector<std::uint64_t> expected{0, 0, 3, 0};
  EXPECT_EQ(lost, expected);
}

TEST(CaptureWriter, StatisticsAddUpForEachTap) {
  const base::Bytes file = recording();
  const auto contents = read_pcapng(file);
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->statistics.size(), 2U);
  const ReadStatistics& leaf1 = contents->statistics[0];
  EXPECT_EQ(leaf1.received, 8U);
  EXPECT_EQ(leaf1.accepted, 6U);
  EXPECT_EQ(leaf1.os_dropped, 3U);
  EXPECT_EQ(leaf1.delivered, 3U);
  EXPECT_EQ(leaf1.comment,
            "record_queue_full=3 disk=0 not_accepted=2 port_missed=0 (port_missed is of all taps together)");
}

TEST(CaptureWriter, TapThatNobodyNamedGetsAnInterfaceWhenItsFirstPacketComes) {
  FakeSource source;
  source.known = {{1, {"leaf1-spine1", ""}}};
  CaptureWriter writer(web(), source, "stream_slow");
  writer.begin({});
  writer.packet(packet(9, 7));
  const auto contents = read_pcapng(writer.view());
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->interfaces.size(), 2U);
  EXPECT_EQ(contents->interfaces[1].name, "tap-9");
  EXPECT_EQ(contents->packets.at(0).interface, 1U);
}

TEST(CaptureWriter, SecondSectionCountsFromTheEndOfTheFirst) {
  FakeSource source;
  source.known = {{1, {"leaf1-spine1", ""}}};
  source.numbers = {{1, {10, 10, 0, 0}}};
  CaptureWriter writer(web(), source, "stream_slow");
  writer.begin({kStart, 0, {}, {}});
  CaptureBaseline middle = writer.end(kStart + std::chrono::seconds(1));
  writer.clear();
  source.numbers = {{1, {14, 13, 2, 0}}};
  source.missed = 5;
  writer.begin(std::move(middle));
  (void)writer.end(kStart + std::chrono::seconds(2));
  const auto contents = read_pcapng(writer.view());
  ASSERT_TRUE(contents);
  const ReadStatistics& read = contents->statistics.at(0);
  EXPECT_EQ(read.start, kStart + std::chrono::seconds(1));
  EXPECT_EQ(read.end, kStart + std::chrono::seconds(2));
  EXPECT_EQ(read.received, 4U);
  EXPECT_EQ(read.accepted, 3U);
  EXPECT_EQ(read.os_dropped, 2U);
  EXPECT_EQ(read.device_dropped, 5U);
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t got; pipe && (got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) {
    output.append(buffer.data(), got);
  }
  return output;
}

class Wireshark : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v tshark >/dev/null && command -v capinfos >/dev/null") != 0) {
      GTEST_SKIP() << "tshark or capinfos is missing: what Wireshark makes of a recording is NOT checked";
    }
    path_ = std::filesystem::temp_directory_path() / ("superspan-" + std::to_string(::getpid()) + ".pcapng");
    const base::Bytes bytes = recording();
    std::ofstream file(path_, std::ios::binary);
    for (const std::byte byte : bytes) file.put(static_cast<char>(byte));
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_;
};

TEST_F(Wireshark, TsharkSeesInterfaceTimeLengthCommentAndDrops) {
  const std::string seen =
      output_of("tshark -r " + path_.string() +
                " -T fields -e frame.interface_name -e frame.time_epoch -e frame.len -e frame.comment 2>/dev/null");
  EXPECT_NE(seen.find("leaf1-spine1\t1795289884.0000000"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\t1500\tepoch 7, policy web\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\t1500\tepoch 8, policy web\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("leaf2-spine1\t"), std::string::npos) << seen;
  const std::string drops = output_of("tshark -r " + path_.string() +
                                      " -Y frame.drop_count -T fields -e frame.number -e frame.drop_count 2>&1");
  EXPECT_NE(drops.find("3\t3\n"), std::string::npos) << drops;
}

TEST_F(Wireshark, CapinfosSeesHeaderInterfacesAndStatistics) {
  const std::string seen = output_of("LC_ALL=C capinfos " + path_.string() + " 2>&1");
  EXPECT_NE(seen.find("policy: web"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Capture application: superspan"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Name = leaf1-spine1"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Description = leaf1 uplink"), std::string::npos) << seen;
  EXPECT_NE(seen.find("nanoseconds (9)"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Number of stat entries = 1"), std::string::npos) << seen;
}

}  // namespace
}  // namespace superspan::recorder
