// SPDX-License-Identifier: Apache-2.0
#include "apps/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

namespace superspan::apps {
namespace {

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 128;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, AreSharedSoThatAllConnectionsTogetherFit) {
  struct Row {
    std::size_t limit;
    DescriptorShare wanted;
    DescriptorShare given;
  };
  const std::vector<Row> rows = {
      {1'000'000, {4096, 1024}, {4096, 1024}},  // plenty
      {5376, {4096, 1024}, {4096, 1024}},       // just enough
      {2048, {4096, 1024}, {896, 896}},         // less than wanted: both give way
      {1024, {4096, 1024}, {384, 384}},         // the usual soft limit, if the hard one is no higher
      {1024, {4096, 0}, {768, 0}},              // a node has no switches
      {1024, {4096, 100}, {668, 100}},          // what one does not want the other may have
      {64, {4096, 1024}, {1, 1}},               // hardly any
  };
  for (const Row& row : rows) {
    const DescriptorShare given = share_descriptors(row.limit, row.wanted);
    EXPECT_EQ(given.clients, row.given.clients) << row.limit;
    EXPECT_EQ(given.switches, row.given.switches) << row.limit;
  }
}

}  // namespace
}  // namespace superspan::apps
