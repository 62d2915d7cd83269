// SPDX-License-Identifier: Apache-2.0
#include "lab/frames.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <algorithm>

#include "lab/process.h"

namespace superspan::lab {
namespace {

FrameEnds ends() {
  return {*net::MacAddress::parse("02:00:00:00:00:01"),
          *net::MacAddress::parse("02:00:00:00:00:02"),
          "10.1.1.2",
          "10.1.3.2",
          "fd00:1:1::2",
          "fd00:1:3::2"};
}

// Independent judge: libpcap compiles the expression and counts.
std::size_t count_matching(const std::vector<base::Bytes>& frames, const char* expression) {
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, 65535);
  bpf_program program{};
  EXPECT_EQ(pcap_compile(handle, &program, expression, 0, PCAP_NETMASK_UNKNOWN), 0) << expression;
  std::size_t count = 0;
  for (const base::Bytes& frame : frames) {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    if (pcap_offline_filter(&program, &header, static_cast<const u_char*>(static_cast<const void*>(frame.data()))) != 0)
      ++count;
  }
  pcap_freecode(&program);
  pcap_close(handle);
  return count;
}

TEST(Frames, TheSampleHoldsWhatItSays) {
  const auto frames = sample_frames(ends(), 7);
  ASSERT_TRUE(frames) << base::render(frames.error());
  constexpr std::size_t kContents = 13;
  EXPECT_EQ(frames->size(), 5 * kContents);
  struct Case {
    const char* expression;
    std::size_t count;
  };
  const Case cases[] = {
      {"not vlan", kContents},
      {"vlan", 4 * kContents},
      {"vlan 100", 2 * kContents},
      {"vlan 300 and vlan 100", kContents},
      {"vlan and vlan", 2 * kContents},
      {"ether[14:2] & 0xe000 = 0xa000 and ether proto 0x8100", kContents},
      {"udp port 53", 2},
      {"tcp port 443 and tcp[tcpflags] = tcp-syn", 1},
      {"tcp port 443", 2},
      {"icmp[icmptype] = icmp-echo", 1},
      {"icmp6", 1},
      {"sctp port 3868", 2},
      {"arp", 1},
      {"ip[6:2] & 0x3fff != 0", 2},
      {"udp dst port 2049 and ip[6:2] & 0x2000 != 0", 1},
      {"ip6 proto 44", 2},
      {"vlan and vlan and udp port 53", 4},
      {"ether host 02:00:00:00:00:01", 5 * kContents},
  };
  for (const Case& c : cases) EXPECT_EQ(count_matching(*frames, c.expression), c.count) << c.expression;
}

TEST(Frames, NoTwoAreTheSame) {
  std::vector<base::Bytes> seen;
  for (const std::uint32_t sequence : {1u, 2u, 70000u}) {
    const auto frames = sample_frames(ends(), sequence);
    for (const auto& frame : *frames) {
      EXPECT_EQ(std::ranges::find(seen, frame), seen.end());
      seen.push_back(frame);
    }
  }
}

// tcpdump -vv checks lengths and checksums; it is not afraid to say "bad" or "incorrect".
TEST(Frames, TcpdumpFindsNothingWrongWithThem) {
  if (!has_program("tcpdump")) GTEST_SKIP() << "tcpdump is missing";
  const auto file = std::filesystem::temp_directory_path() / ("superspan-frames-" + std::to_string(getpid()) + ".pcap");
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, 65535);
  pcap_dumper_t* dumper = pcap_dump_open(handle, file.c_str());
  const auto frames = sample_frames(ends(), 7);
  for (const auto& frame : *frames) {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    pcap_dump(static_cast<u_char*>(static_cast<void*>(dumper)), &header,
              static_cast<const u_char*>(static_cast<const void*>(frame.data())));
  }
  pcap_dump_close(dumper);
  pcap_close(handle);
  const auto text = run({"tcpdump", "-nevvr", file.string()});
  ASSERT_TRUE(text) << base::render(text.error());
  for (const char* word : {"bad ", "incorrect", "invalid", "truncated"}) {
    EXPECT_EQ(text->find(word), std::string::npos) << word;
  }
  std::filesystem::remove(file);
}

TEST(Frames, WrongAddressesAreRefused) {
  FrameSpec spec;
  spec.source_ip = "10.1.1";
  spec.destination_ip = "10.1.3.2";
  EXPECT_FALSE(make_frame(spec));
  spec.source_ip = "10.1.1.2";
  EXPECT_TRUE(make_frame(spec));
  spec.ipv6 = true;
  spec.content = Content::kArp;
  EXPECT_FALSE(make_frame(spec));
}

}  // namespace
}  // namespace superspan::lab
