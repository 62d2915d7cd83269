// SPDX-License-Identifier: Apache-2.0
#include "net/nsh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace superspan::net {
namespace {

constexpr std::array<std::uint8_t, 4> kOriginal = {0xde, 0xad, 0xbe, 0xef};

FabricHeader header() {
  FabricHeader header;
  header.destination = *MacAddress::parse("02:00:00:00:00:ff");
  header.service_path = 0x123456;
  header.service_index = 250;
  header.tap = 0x11223344;
  header.epoch = 7;
  header.policies = 0x8000000000000001;
  return header;
}

TEST(FabricHeader, SurvivesTheWire) {
  const base::Bytes frame = make_fabric_frame(header(), base::as_bytes(kOriginal));
  ASSERT_EQ(frame.size(), kFabricHeaderBytes + kOriginal.size());
  const auto parsed = parse_fabric_frame(frame);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header, header());
  EXPECT_TRUE(std::ranges::equal(parsed->original, base::as_bytes(kOriginal)));
}

TEST(FabricHeader, IsLaidOutAsRfc8300Says) {
  const base::Bytes frame = make_fabric_frame(header(), {});
  const std::array<std::uint8_t, 26> expected = {0x89, 0x4f, 0x0f, 0xc6, 0x01, 0x03, 0x12, 0x34, 0x56,
                                                 250,  0x11, 0x22, 0x33, 0x44, 0,    0,    0,    7,
                                                 0,    0,    0,    1,    0x80, 0,    0,    0};
  EXPECT_TRUE(std::ranges::equal(base::BytesView(frame).subspan(12), base::as_bytes(expected)));
}

TEST(FabricHeader, RefusesEveryShorterFrame) {
  const base::Bytes frame = make_fabric_frame(header(), {});
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(parse_fabric_frame(base::BytesView(frame).first(size))) << size;
  }
}

TEST(FabricHeader, RefusesOtherTypesAndVersions) {
  for (const std::size_t offset : {12U, 14U, 15U, 16U, 17U}) {
    base::Bytes frame = make_fabric_frame(header(), {});
    frame[offset] ^= std::byte{0x42};
    EXPECT_FALSE(parse_fabric_frame(frame)) << offset;
  }
}

}  // namespace
}  // namespace superspan::net
