// SPDX-License-Identifier: Apache-2.0
#include "node/residual.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <random>

#include "node/testing.h"

namespace superspan::node {
namespace {

constexpr const char* kExpressions[] = {
    "tcp",
    "udp port 53",
    "ip and not udp",
    "host 10.0.0.1 and dst port 443",
    "greater 200",
    "less 100",
    "ip6 or arp",
    "vlan 11 and ip",
    "ether[0] & 1 != 0",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "ip[8] < 5",
    "udp[4:2] > 100",
    "len > 1000 or icmp",
    "ether proto 0x88cc",
    "ip multicast",
    "not ip",
    "src net 10.0.0.0/8 and portrange 1000-2000",
    "ip[2:2] != len - 14",
};

// What tcpdump -r with the same expression keeps.
bool offline_filter(const char* expression, base::BytesView frame) {
  pcap_t* handle = ::pcap_open_dead(DLT_EN10MB, 262144);
  bpf_program program{};
  EXPECT_EQ(::pcap_compile(handle, &program, expression, 0, PCAP_NETMASK_UNKNOWN), 0) << expression;
  pcap_pkthdr header{};
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
  const int result =
      ::pcap_offline_filter(&program, &header, static_cast<const u_char*>(static_cast<const void*>(frame.data())));
  ::pcap_freecode(&program);
  ::pcap_close(handle);
  return result != 0;
}

base::Bytes random_frame(std::mt19937_64& random) {
  base::Bytes frame =
      test::udp_frame(static_cast<std::uint16_t>(random() % 3000), random() % 2 != 0 ? 53 : 443, 42 + random() % 1400);
  for (std::uint64_t changes = random() % 4; changes > 0; --changes) {
    frame[random() % 42] = static_cast<std::byte>(random());
  }
  if (random() % 3 == 0) frame.resize(random() % (frame.size() + 1));
  return frame;
}

TEST(Residual, AgreesWithTcpdumpOnRandomFrames) {
  std::mt19937_64 random(test::seed());
  std::size_t matched = 0;
  for (const char* expression : kExpressions) {
    const auto residual = Residual::compile(expression);
    ASSERT_TRUE(residual) << expression << ": " << base::render(residual.error());
    for (int count = 0; count < 300; ++count) {
      const base::Bytes frame = random_frame(random);
      ASSERT_EQ(residual->matches(frame), offline_filter(expression, frame)) << expression;
      matched += residual->matches(frame) ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 0U);
}

TEST(Residual, WalksTheChainsOfHeadersThatTcpdumpWalks) {
  // Hop-by-hop options, destination options, TCP: `protochain` makes a program that jumps backwards.
  base::Bytes frame(14 + 40 + 8 + 8 + 20);
  frame[12] = std::byte{0x86}, frame[13] = std::byte{0xdd};
  frame[14 + 6] = std::byte{0};
  frame[14 + 40] = std::byte{60};
  frame[14 + 48] = std::byte{6};
  for (const char* expression : {"ip6 protochain 6", "ip6 protochain 60", "ip6 protochain 17", "ip protochain 6",
                                 "ip6 protochain 6 and len - 90 = 0", "not ip6 protochain 6 or ip6[6] / 1 = 1"}) {
    EXPECT_EQ(Residual::compile(expression)->matches(frame), offline_filter(expression, frame)) << expression;
  }
}

TEST(Residual, EndsWhereTcpdumpDoesNot) {
  // An authentication header that names itself as the next one, with a length that leads back to it.
  base::Bytes frame(14 + 20 + 24);
  frame[12] = std::byte{0x08};
  frame[14] = std::byte{0x45};
  frame[14 + 9] = std::byte{51};
  frame[14 + 20] = std::byte{51};
  frame[14 + 21] = std::byte{3};
  EXPECT_FALSE(Residual::compile("ip protochain 6")->matches(frame));
  EXPECT_TRUE(Residual::compile("ip protochain 51")->matches(frame));
}

TEST(Residual, NoTextAcceptsEverything) {
  const auto residual = Residual::compile("");
  ASSERT_TRUE(residual);
  EXPECT_TRUE(residual->matches({}));
}

TEST(Residual, NonsenseIsAnErrorInTheWordsOfLibpcap) {
  const auto residual = Residual::compile("tcp port port 80");
  ASSERT_FALSE(residual);
  EXPECT_EQ(residual.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(residual.error().message.find("syntax error"), std::string::npos) << residual.error().message;
}

}  // namespace
}  // namespace superspan::node
