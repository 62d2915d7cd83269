// SPDX-License-Identifier: Apache-2.0
#include "cli/event_stream.h"

#include <gtest/gtest.h>

#include <span>

namespace superspan::cli {
namespace {

using Words = std::vector<std::string>;

Words feed(EventStream& stream, const std::string& text) {
  return stream.feed(std::as_bytes(std::span(text)));
}

TEST(EventStream, GivesTheDataOfWholeEvents) {
  EventStream stream;
  EXPECT_EQ(feed(stream, ": hello\n\nid: 1\nevent: a\ndata: {\"x\":1}\n"), Words{});
  EXPECT_EQ(feed(stream, "\ndata:two\r\ndata: lines\r\n\r\nda"), (Words{"{\"x\":1}", "two\nlines"}));
  EXPECT_EQ(feed(stream, "ta: \n\nretry: 5\n\n"), Words{""});
}

TEST(EventStream, KnowsWhereThePastEnds) {
  EventStream stream;
  EXPECT_EQ(feed(stream, ": superspan events\n\ndata: : now\n\n"), Words{": now"});
  EXPECT_FALSE(stream.past_is_over());
  EXPECT_EQ(feed(stream, ": no"), Words{});
  EXPECT_FALSE(stream.past_is_over());
  EXPECT_EQ(feed(stream, "w\n\n: still here\n\n"), Words{});
  EXPECT_TRUE(stream.past_is_over());
}

}  // namespace
}  // namespace superspan::cli
