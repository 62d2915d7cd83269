// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace superspan::base {
namespace {

constexpr std::array<std::uint8_t, 7> kData = {1, 2, 3, 4, 5, 6, 7};

TEST(ByteReader, ReadsBigEndian) {
  ByteReader reader(as_bytes(kData));
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.be16(), 0x0203);
  EXPECT_EQ(reader.be32(), 0x04050607U);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReader, StaysBadAfterTheEnd) {
  ByteReader reader(as_bytes(kData));
  EXPECT_EQ(reader.be64(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.take(1).empty());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReader, HugeCountsDoNotWrap) {
  ByteReader reader(as_bytes(kData));
  reader.skip(3);
  reader.skip(SIZE_MAX - 1);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  ByteWriter writer;
  writer.u8(9);
  writer.be16(0x1234);
  writer.be64(0x0102030405060708);
  ByteReader reader(writer.view());
  EXPECT_EQ(reader.u8(), 9);
  EXPECT_EQ(reader.be16(), 0x1234);
  EXPECT_EQ(reader.be64(), 0x0102030405060708U);
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace superspan::base
