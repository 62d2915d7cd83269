// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <gtest/gtest.h>

namespace superspan::net {
namespace {

TEST(MacAddress, ReadsAllThatTcpdumpReads) {
  for (const char* text : {"00:11:22:aa:bb:cc", "0:11:22:AA:bb:cc", "00-11-22-aa-bb-cc", "00.11.22.aa.bb.cc"}) {
    ASSERT_TRUE(MacAddress::parse(text)) << text;
    EXPECT_EQ(MacAddress::parse(text)->to_string(), "00:11:22:aa:bb:cc");
  }
  EXPECT_EQ(MacAddress::parse("00:11:22:aa:bb:cc")->value(), U128{0x001122aabbcc});
}

TEST(MacAddress, RefusesOtherText) {
  for (const char* text : {"", "00:11:22:aa:bb", "00:11:22:aa:bb:cc:dd", "00:11:22:aa:bb:c:", "g0:11:22:aa:bb:cc",
                           "000:11:22:aa:bb:cc", "001122aabbcc", "00::11:22:aa:bb"}) {
    const auto parsed = MacAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

TEST(Ipv4Address, ParsesAndPrints) {
  EXPECT_EQ(Ipv4Address::parse("10.1.2.255")->value, 0x0a0102ffU);
  EXPECT_EQ(Ipv4Address{0x0a0102ff}.to_string(), "10.1.2.255");
  for (const char* text : {"", "10.1.2", "10.1.2.256", "10.1.2.3.4", "a.b.c.d"}) EXPECT_FALSE(Ipv4Address::parse(text));
}

TEST(Ipv6Address, ParsesAndPrints) {
  const auto address = Ipv6Address::parse("2001:DB8:0:0::1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->to_string(), "2001:db8::1");
  EXPECT_EQ(Ipv6Address::from(address->value()), *address);
  for (const char* text : {"", ":::", "1.2.3.4", "fe80::1%eth0", "12345::"}) EXPECT_FALSE(Ipv6Address::parse(text));
}

}  // namespace
}  // namespace superspan::net
