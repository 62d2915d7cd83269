// SPDX-License-Identifier: Apache-2.0
#include "tools/witness/witness.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <filesystem>

namespace superspan::witness {
namespace {

struct Frame {
  char kind;        // 'd' DNS query, 'w' web, 't' DNS in a VLAN
  unsigned number;  // makes it distinct
  long second = 100;
  unsigned cut = 0;  // bytes lost to a snapshot length
};

std::string bytes(const Frame& frame) {
  std::string out("\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
  if (frame.kind == 't') out += std::string("\x81\0\0\x64", 4);
  out += std::string("\x08\0\x45\0\0\x20\0\0\0\0\x40", 11);
  out += frame.kind == 'w' ? '\x06' : '\x11';
  out += std::string("\0\0\x0a\x01\x01\x02\x0a\x01\x03\x02\x9c\x40\0", 13);
  out += frame.kind == 'w' ? '\x50' : '\x35';
  out += fmt::format("{:08}", frame.number);
  return out;
}

class Files : public testing::Test {
 protected:
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::vector<Frame>& frames, int link_type = DLT_EN10MB) {
    std::filesystem::create_directories(folder_);
    const std::string file = folder_ / name;
    pcap_t* handle = pcap_open_dead_with_tstamp_precision(link_type, 65535, PCAP_TSTAMP_PRECISION_NANO);
    pcap_dumper_t* dumper = pcap_dump_open(handle, file.c_str());
    for (const Frame& frame : frames) {
      const std::string data = bytes(frame);
      pcap_pkthdr header{};
      header.ts.tv_sec = frame.second;
      header.len = static_cast<bpf_u_int32>(data.size());
      header.caplen = header.len - frame.cut;
      pcap_dump(static_cast<u_char*>(static_cast<void*>(dumper)), &header,
                static_cast<const u_char*>(static_cast<const void*>(data.data())));
    }
    pcap_dump_close(dumper);
    pcap_close(handle);
    return file;
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("superspan-witness-{}", getpid());
};

struct Case {
  const char* why;
  std::vector<Frame> first_tap;
  std::vector<Frame> second_tap;
  std::vector<Frame> delivered;
  unsigned offered, edge, missing, doubled, foreign;
};
const Case kCases[] = {
    {"nothing at all", {}, {}, {}, 0, 0, 0, 0, 0},
    {"all there, in another order", {{'d', 1}, {'w', 2}, {'d', 3}}, {}, {{'d', 3}, {'d', 1}}, 2, 0, 0, 0, 0},
    {"two taps saw the same frame: two copies", {{'d', 1}}, {{'d', 1}}, {{'d', 1}, {'d', 1}}, 2, 0, 0, 0, 0},
    {"only one of the two copies came", {{'d', 1}}, {{'d', 1}}, {{'d', 1}}, 2, 0, 1, 0, 0},
    {"one lost", {{'d', 1}, {'d', 2}}, {}, {{'d', 2}}, 2, 0, 1, 0, 0},
    {"one came twice", {{'d', 1}, {'d', 2}}, {}, {{'d', 1}, {'d', 2}, {'d', 2}}, 2, 0, 0, 1, 0},
    {"one that the expression does not want", {{'d', 1}, {'w', 2}}, {}, {{'d', 1}, {'w', 2}}, 1, 0, 0, 0, 1},
    {"one from nowhere", {{'d', 1}}, {}, {{'d', 1}, {'d', 9}}, 1, 0, 0, 0, 1},
    {"a lost tag is one missing and one foreign", {{'d', 1}, {'t', 1}}, {}, {{'d', 1}, {'t', 1}}, 1, 0, 0, 0, 1},
    {"before the window: may come", {{'d', 1, 50}, {'d', 2}}, {}, {{'d', 1, 50}, {'d', 2}}, 1, 1, 0, 0, 0},
    {"before the window: need not come", {{'d', 1, 50}, {'d', 2}}, {}, {{'d', 2}}, 1, 0, 0, 0, 0},
    {"before the window: but not twice", {{'d', 1, 50}}, {}, {{'d', 1}, {'d', 1}}, 0, 1, 0, 1, 0},
    {"after the window: need not come", {{'d', 1}, {'d', 2, 201}}, {}, {{'d', 1}}, 1, 0, 0, 0, 0},
    {"the time of delivery does not count", {{'d', 1}}, {}, {{'d', 1, 300}}, 1, 0, 0, 0, 0},
    {"the same bytes inside and outside the window", {{'d', 1, 50}, {'d', 1}}, {}, {{'d', 1}}, 1, 0, 0, 0, 0},
    {"the same bytes inside and outside the window, both come",
     {{'d', 1, 50}, {'d', 1}},
     {},
     {{'d', 1}, {'d', 1}},
     1,
     1,
     0,
     0,
     0},
};

TEST_F(Files, VerdictsAreExact) {
  for (const Case& c : kCases) {
    const Task task{{write("1.pcap", c.first_tap), write("2.pcap", c.second_tap)},
                    {write("out.pcap", c.delivered)},
                    "udp port 53",
                    {100'000'000'000, 200'000'000'000}};
    const auto verdict = judge(task);
    ASSERT_TRUE(verdict) << c.why << ": " << base::render(verdict.error());
    EXPECT_EQ(verdict->offered, c.offered) << c.why;
    EXPECT_EQ(verdict->delivered, c.delivered.size()) << c.why;
    EXPECT_EQ(verdict->edge, c.edge) << c.why;
    EXPECT_EQ(verdict->missing, c.missing) << c.why;
    EXPECT_EQ(verdict->doubled, c.doubled) << c.why;
    EXPECT_EQ(verdict->foreign, c.foreign) << c.why;
    EXPECT_EQ(verdict->offered + verdict->edge + verdict->doubled + verdict->foreign,
              verdict->delivered + verdict->missing)
        << c.why;
    EXPECT_EQ(verdict->clean(), c.missing + c.doubled + c.foreign == 0) << c.why;
    EXPECT_EQ(verdict->examples.size(), c.missing + c.doubled + c.foreign) << c.why;
  }
}

TEST_F(Files, BadInputIsAnError) {
  const auto good = write("good.pcap", {{'d', 1}});
  const auto cut = write("cut.pcap", {{'d', 1, 100, 4}});
  const auto other = write("other.pcap", {{'d', 1}}, DLT_RAW);
  EXPECT_EQ(judge({{good}, {good}, "udp prt 53", {}}).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(judge({{good}, {folder_ / "none.pcap"}, "", {}}).error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(judge({{other}, {good}, "", {}}).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(judge({{good}, {cut}, "", {}}).error().code, base::ErrorCode::kInvalid);
  EXPECT_TRUE(judge({{good}, {good}, "", {}})->clean());
}

TEST_F(Files, ACaptureWhoseWriterWasKilledIsReadToItsEnd) {
  const auto whole = write("whole.pcap", {{'d', 1}, {'d', 2}});
  const auto torn = write("torn.pcap", {{'d', 1}, {'d', 2}});
  std::filesystem::resize_file(torn, std::filesystem::file_size(torn) - 5);
  const auto verdict = judge({{whole}, {torn}, "", {}});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->missing, 1u);
}

TEST(Hop, IsJudgedByItsNumberOfPackets) {
  struct Case {
    std::uint64_t packets, edge, missing, doubled;
  };
  Verdict frames;
  frames.offered = 100;
  frames.outside = 3;
  for (const Case& c :
       {Case{100, 0, 0, 0}, {103, 3, 0, 0}, {101, 1, 0, 0}, {99, 0, 1, 0}, {0, 0, 100, 0}, {105, 3, 0, 2}}) {
    const Verdict hop = judge_hop(frames, c.packets);
    EXPECT_EQ(hop.edge, c.edge) << c.packets;
    EXPECT_EQ(hop.missing, c.missing) << c.packets;
    EXPECT_EQ(hop.doubled, c.doubled) << c.packets;
    EXPECT_EQ(hop.clean(), c.missing + c.doubled == 0) << c.packets;
    EXPECT_EQ(hop.offered + hop.edge + hop.doubled, hop.delivered + hop.missing) << c.packets;
  }
}

TEST(Table, ColumnsStandBelowTheirNames) {
  Verdict verdict;
  verdict.offered = 1234;
  verdict.edge = 2;
  verdict.delivered = 1237;
  verdict.doubled = 1;
  EXPECT_EQ(table_header(), "policy     hop               offered      edge delivered   missing   doubled   foreign");
  EXPECT_EQ(table_row("dns", "mux", verdict),
            "dns        mux                  1234         2      1237         0         1         0");
}

}  // namespace
}  // namespace superspan::witness
