// SPDX-License-Identifier: Apache-2.0
#include "api/event_log.h"

#include <gtest/gtest.h>

namespace superspan::api {
namespace {

// Keeps what is written; full after `room` bytes.
class FakeStream final : public http::ResponseStream {
 public:
  explicit FakeStream(std::size_t room = 1 << 24) : room_(room) {}
  bool write(std::string chunk) override {
    if (aborted || text.size() + chunk.size() > room_) return false;
    text += chunk;
    return true;
  }
  void finish() override {}
  void abort() override { aborted = true; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool closed() const override { return aborted; }
  void on_drained(std::function<void()>) override {}
  void on_closed(std::function<void()>) override {}

  [[nodiscard]] int count(const std::string& part) const {
    int found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  std::string text;
  bool aborted = false;

 private:
  std::size_t room_;
};

class Events : public ::testing::Test {
 protected:
  std::shared_ptr<FakeStream> listen(std::optional<std::uint64_t> since, std::size_t room = 1 << 24) {
    auto stream = std::make_shared<FakeStream>(room);
    log.subscribe(stream, since);
    return stream;
  }
  base::ManualClock clock;
  EventLog log{clock, {}};
};

TEST_F(Events, AnEventIsOneServerSentEvent) {
  const auto stream = listen(std::nullopt);
  log.add("policy-active", "web", "", "fine\nreally");
  EXPECT_NE(
      stream->text.find("id: 1\nevent: policy-active\ndata: {\"id\":1,\"time\":\"1970-01-01T00:00:00.000000000Z\","
                        "\"type\":\"policy-active\",\"policy\":\"web\",\"place\":\"\",\"text\":\"fine\\nreally\"}\n\n"),
      std::string::npos)
      << stream->text;
}

TEST_F(Events, WithoutSinceOnlyNewOnesCome) {
  log.add("old");
  const auto stream = listen(std::nullopt);
  log.add("new");
  EXPECT_EQ(stream->count("event: old"), 0);
  EXPECT_EQ(stream->count("event: new"), 1);
}

TEST_F(Events, SinceResumesBehindAnId) {
  for (int i = 0; i < 5; ++i) log.add("e");
  EXPECT_EQ(listen(0)->count("event: e"), 5);
  EXPECT_EQ(listen(log.events()[2].id)->count("event: e"), 2);
  EXPECT_EQ(listen(log.events()[4].id)->count("event:"), 0);
}

TEST_F(Events, TheEndOfThePastIsMarked) {
  log.add("old");
  const auto stream = listen(0);
  log.add("new");
  EXPECT_EQ(stream->count("\n\n: now\n\n"), 1);
  EXPECT_LT(stream->text.find("event: old"), stream->text.find(": now"));
  EXPECT_GT(stream->text.find("event: new"), stream->text.find(": now"));
  EXPECT_EQ(listen(std::nullopt)->count(": now"), 0);
}

TEST_F(Events, ForgottenOnesAreSaidToBeLost) {
  log.add("first");
  const auto first = log.events().front().id;
  for (std::size_t i = 0; i < kEventsMax + 10; ++i) log.add("e");
  EXPECT_EQ(log.events().size(), kEventsMax);
  const auto stream = listen(first);
  EXPECT_EQ(stream->count("event: events-lost"), 1);
  EXPECT_EQ(stream->count("event: e\n"), static_cast<int>(kEventsMax));
  EXPECT_EQ(listen(0)->count("events-lost"), 0);
}

TEST_F(Events, ASlowListenerIsCutOffAndTheOthersAreNot) {
  const auto slow = listen(std::nullopt, 300);
  const auto fast = listen(std::nullopt);
  for (int i = 0; i < 10; ++i) log.add("e");
  EXPECT_TRUE(slow->aborted);
  EXPECT_EQ(fast->count("event: e"), 10);
  EXPECT_EQ(log.listeners(), 1U);
}

TEST_F(Events, IdsGrowOverARestart) {
  log.add("before");
  base::ManualClock later;
  later.advance(std::chrono::seconds(1));
  EventLog restarted(later, {});
  restarted.add("after");
  EXPECT_GT(restarted.events().front().id, log.events().front().id);
}

}  // namespace
}  // namespace superspan::api
