// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <gtest/gtest.h>

namespace superspan::base {
namespace {

const std::vector<std::string> kKnown{"capture", "explain", "events", "flows", "taps", "tools", "topology", "nodes"};

TEST(Nearest, NamesWordsWithinTwoEdits) {
  EXPECT_EQ(did_you_mean("captrue", kKnown), "did you mean 'capture'?");
  EXPECT_EQ(did_you_mean("tap", kKnown), "did you mean 'taps'?");
  EXPECT_EQ(did_you_mean("toos", kKnown), "did you mean 'tools' or 'taps'?");
  EXPECT_EQ(did_you_mean("topo", kKnown), "did you mean 'topology' or 'taps'?");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("frobnicate", kKnown), "");
  EXPECT_EQ(did_you_mean("xy", kKnown), "");
  EXPECT_EQ(did_you_mean("", kKnown), "");
}

}  // namespace
}  // namespace superspan::base
