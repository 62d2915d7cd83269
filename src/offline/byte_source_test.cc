// SPDX-License-Identifier: Apache-2.0
#include "offline/byte_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/testing/seed.h"

namespace superspan::offline {
namespace {

// Hands out its bytes as a pipe does: as many as it likes.
class Drip final : public ByteSource {
 public:
  Drip(base::BytesView bytes, std::size_t most_bytes, std::mt19937_64& random)
      : rest_(bytes), most_bytes_(most_bytes), random_(random) {}
  base::Result<std::size_t> read(std::span<std::byte> room) override {
    if (rest_.empty()) return 0;
    const std::size_t count = std::min({room.size(), rest_.size(), 1 + random_() % most_bytes_});
    std::ranges::copy(rest_.first(count), room.begin());
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  base::BytesView rest_;
  std::size_t most_bytes_;
  std::mt19937_64& random_;
};

TEST(InputBuffer, GivesTheBytesInOrderHoweverTheyComeAndAreAskedFor) {
  std::mt19937_64 random(base::testing::seed());
  base::Bytes all(2'000'000);
  for (std::byte& byte : all) byte = static_cast<std::byte>(random());
  for (const std::size_t most_read : {1'000U, 70'000U, 1'000'000U}) {
    for (const std::size_t longest_piece : {100U, 9'000U, 200'000U, 600'000U}) {
      Drip source(all, most_read, random);
      InputBuffer buffer(source);
      std::size_t at = 0;
      for (std::size_t count = 1; buffer.have(count); count = 1 + random() % longest_piece) {
        ASSERT_EQ(buffer.offset(), at);
        ASSERT_TRUE(std::ranges::equal(buffer.view(count), base::BytesView(all).subspan(at, count)));
        buffer.consume(count);
        at += count;
      }
      EXPECT_LT(all.size() - at, longest_piece);
      EXPECT_EQ(buffer.left(), all.size() - at);
    }
  }
}

TEST(InputBuffer, StepsOverMoreThanItHolds) {
  const base::Bytes all(1'000'000, std::byte{7});
  MemorySource source(all);
  InputBuffer buffer(source);
  EXPECT_TRUE(buffer.discard(999'999));
  EXPECT_TRUE(buffer.have(1));
  EXPECT_EQ(buffer.offset(), 999'999U);
  EXPECT_FALSE(buffer.have(2));
  EXPECT_FALSE(buffer.discard(2));
}

}  // namespace
}  // namespace superspan::offline
