// SPDX-License-Identifier: Apache-2.0
#include "cli/packet_lines.h"

#include <gtest/gtest.h>

#include <array>

namespace superspan::cli {
namespace {

// "0800 45 00" -> bytes; blanks are for the reader.
base::Bytes hex(std::string_view text) {
  base::Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

constexpr const char* kMacs = "020000000002 020000000001 ";
constexpr const char* kUdp = "0800 4500001c 00000000 4011 0000 0a000001 0a000002 04d2 0035 0008 0000";

TEST(Summary, NamesAddressesAndPortsAsTcpdumpDoes) {
  struct Case {
    std::string frame;
    std::string summary;
  };
  const std::array cases{
      Case{kUdp, "10.0.0.1.1234 > 10.0.0.2.53: udp"},
      Case{std::string("8100 0064") + kUdp, "vlan 100, 10.0.0.1.1234 > 10.0.0.2.53: udp"},
      Case{"0800 45000014 00000000 4001 0000 0a000001 0a000002", "10.0.0.1 > 10.0.0.2: icmp"},
      Case{"0800 45000014 00000010 4011 0000 0a000001 0a000002", "10.0.0.1 > 10.0.0.2: udp fragment"},
      Case{"0800 45000014 00000000 4059 0000 0a000001 0a000002", "10.0.0.1 > 10.0.0.2: ip proto 89"},
      Case{"86dd 60000000 0008 1140 20010db8000000000000000000000001 20010db8000000000000000000000002 "
           "04d2 0035 0008 0000",
           "2001:db8::1.1234 > 2001:db8::2.53: udp"},
      Case{"0806 0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002", "10.0.0.1 > 10.0.0.2: arp"},
      Case{"88cc 0000", "02:00:00:00:00:01 > 02:00:00:00:00:02: ethertype 0x88cc"},
  };
  for (const Case& c : cases) EXPECT_EQ(summary(hex(kMacs + c.frame)), c.summary) << c.frame;
  EXPECT_EQ(summary(hex("0102")), "00:00:00:00:00:00 > 00:00:00:00:00:00: ethertype 0x0000");
}

}  // namespace
}  // namespace superspan::cli
