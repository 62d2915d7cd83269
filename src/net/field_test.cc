// SPDX-License-Identifier: Apache-2.0
#include "net/field.h"

#include <gtest/gtest.h>

namespace superspan::net {
namespace {

const FieldTest kIp = FieldTest::exactly(Field::kEthType, 0x800);
const FieldTest kTcp = FieldTest::exactly(Field::kIpProto, 6);
const FieldTest kTenNet = {Field::kIpv4Source, 0x0a000000, 0xff000000};
const FieldTest kTenOneNet = {Field::kIpv4Source, 0x0a010000, 0xffff0000};
const FieldTest kElevenNet = {Field::kIpv4Source, 0x0b000000, 0xff000000};

TEST(Cube, IntersectionKeepsTheNarrowerTest) {
  EXPECT_EQ(intersect(Cube{kIp, kTenNet}, Cube{kTcp, kTenOneNet}), (Cube{kIp, kTcp, kTenOneNet}));
}

TEST(Cube, DisjointCubesHaveNoIntersection) {
  EXPECT_FALSE(intersect(Cube{kIp, kTenNet}, Cube{kIp, kElevenNet}));
}

TEST(Cube, TheEmptyCubeChangesNothing) {
  EXPECT_EQ(intersect(Cube{}, Cube{kIp}), Cube{kIp});
  EXPECT_EQ(intersect(Cube{}, Cube{}), Cube{});
}

TEST(Cube, PrintsInTheWordsOfOvsOfctl) {
  EXPECT_EQ(to_string(Cube{kIp, kTcp, kTenOneNet, FieldTest::exactly(Field::kL4Destination, 443)}),
            "dl_type=0x800,nw_proto=6,nw_src=10.1.0.0/16,tp_dst=443");
  EXPECT_EQ(to_string(FieldTest{Field::kVlanTci, 0, 0x1000}), "vlan_tci=0x0/0x1000");
  EXPECT_EQ(to_string(FieldTest{Field::kIpv6Source, U128{0x20010db8} << 96, ~U128{0} << 96}), "ipv6_src=2001:db8::/32");
}

TEST(Field, EveryFieldHasANameAndAWidth) {
  for (std::size_t index = 0; index < kFieldCount; ++index) {
    const auto field = static_cast<Field>(index);
    EXPECT_NE(std::string(name(field)), "");
    EXPECT_GT(width_bits(field), 0U);
  }
  EXPECT_EQ(full_mask(Field::kIpv6Source), ~U128{0});
}

}  // namespace
}  // namespace superspan::net
