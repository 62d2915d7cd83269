// SPDX-License-Identifier: Apache-2.0
#include "http/stream.h"

#include <gtest/gtest.h>

#include <atomic>

#include "http/test_server.h"

namespace superspan::http {
namespace {

using test::options_for;
using test::RunningServer;

// Hands the opened stream to the test.
class StreamServer {
 public:
  explicit StreamServer(StreamHead head = {}, ServerOptions options = options_for("http://127.0.0.1:0"))
      : server(router(std::move(head)), std::move(options)) {}
  std::shared_ptr<ResponseStream> opened() { return promise_.get_future().get(); }

 private:
  Router router(StreamHead head) {
    Router router;
    router.add(Method::kGet, "/stream", [this, head](const Request&, Responder responder) {
      auto stream = responder.stream(head);
      if (stream && !std::exchange(taken_, true)) promise_.set_value(stream);
    });
    return router;
  }
  std::promise<std::shared_ptr<ResponseStream>> promise_;
  bool taken_ = false;

 public:
  RunningServer server;
};

// Reads a stream on a thread of its own.
class Reader {
 public:
  explicit Reader(Client client)
      : result_(std::async(std::launch::async, [this, client = std::move(client)]() mutable {
          return client.stream(
              "/stream",
              [this](base::BytesView bytes) {
                for (const auto byte : bytes) text_.push_back(static_cast<char>(byte));
                return !stop_;
              },
              20);
        })) {}
  base::Result<Response> result() { return result_.get(); }
  [[nodiscard]] const std::string& text() const { return text_; }  // after result()
  void stop() { stop_ = true; }

 private:
  std::string text_;
  std::atomic<bool> stop_ = false;
  std::future<base::Result<Response>> result_;
};

TEST(Stream, ArrivesCompleteAndInOrder) {
  StreamServer fixture;
  Reader reader(fixture.server.client());
  const auto stream = fixture.opened();
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    while (!stream->write(line)) std::this_thread::yield();
    expected += line;
  }
  stream->finish();
  const auto result = reader.result();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(reader.text(), expected);
  EXPECT_FALSE(stream->write("late"));
}

TEST(Stream, ACutIsNotAnEnd) {
  StreamServer fixture;
  Reader reader(fixture.server.client());
  const auto stream = fixture.opened();
  stream->write("half");
  stream->abort();
  const auto result = reader.result();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kUnavailable);
}

TEST(Stream, ACutInsideTheDrainedCallbackIsNotAnEnd) {
  StreamServer fixture;
  Reader reader(fixture.server.client());
  const auto stream = fixture.opened();
  stream->on_drained([stream] { stream->abort(); });
  stream->write("half");
  EXPECT_FALSE(reader.result());
}

TEST(Stream, AFullQueueIsToldToTheWriter) {
  StreamHead head;
  head.queue_bytes = 100'000;
  StreamServer fixture(head);
  test::RawClient lazy(fixture.server.endpoint());
  lazy.send("GET /stream HTTP/1.1\r\n" + test::kAuthorization + "\r\n");
  const auto stream = fixture.opened();
  // The kernel's buffers take some megabytes before the queue fills.
  bool full = false;
  for (int i = 0; i < 10'000 && !full; ++i) {
    full = !stream->write(std::string(50'000, 'x'));
    if (full) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the kernel may still take what is queued
      full = !stream->write(std::string(50'000, 'x'));
    }
  }
  EXPECT_TRUE(full);
  EXPECT_LE(stream->queued_bytes(), head.queue_bytes);
  EXPECT_FALSE(stream->closed());
}

TEST(Stream, ADrainedQueueAsksForMore) {
  StreamServer fixture;
  Reader reader(fixture.server.client());
  const auto stream = fixture.opened();
  int rounds = 0;
  stream->on_drained([&] { ++rounds < 5 ? void(stream->write("x")) : stream->finish(); });
  stream->write("x");
  ASSERT_TRUE(reader.result());
  EXPECT_EQ(reader.text(), "xxxxx");
}

TEST(Stream, AReaderThatStopsIsNoticed) {
  StreamServer fixture;
  Reader reader(fixture.server.client());
  const auto stream = fixture.opened();
  std::promise<void> closed;
  stream->on_closed([&] { closed.set_value(); });
  reader.stop();
  EXPECT_TRUE(reader.result());
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_TRUE(stream->closed());
  EXPECT_FALSE(stream->write("x"));
}

TEST(Stream, AStalledReaderIsClosed) {
  StreamHead head;
  head.stall_timeout_ms = 200;
  head.queue_bytes = 64 * 1024 * 1024;
  StreamServer fixture(head);
  test::RawClient lazy(fixture.server.endpoint());
  lazy.send("GET /stream HTTP/1.1\r\n" + test::kAuthorization + "\r\n");
  const auto stream = fixture.opened();
  std::promise<void> closed;
  stream->on_closed([&] { closed.set_value(); });
  stream->write(std::string(60 * 1024 * 1024, 'x'));
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(Stream, OneTooManyIs503) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.streams = 1;
  StreamServer fixture({}, options);
  Reader first(fixture.server.client());
  const auto stream = fixture.opened();
  auto second = fixture.server.client();
  EXPECT_EQ(second.request(Method::kGet, "/stream")->status, 503);
  stream->finish();
  EXPECT_TRUE(first.result());
  // The reader may know of the end before the server has put the stream away.
  while (fixture.server.statistics().streams != 0U) std::this_thread::yield();
}

TEST(Stream, TheServerGoesAwayWhileOneIsOpen) {
  std::shared_ptr<ResponseStream> stream;
  std::unique_ptr<Reader> reader;
  {
    StreamServer fixture;
    reader = std::make_unique<Reader>(fixture.server.client());
    stream = fixture.opened();
    stream->write("x");
  }
  EXPECT_FALSE(reader->result());
  EXPECT_FALSE(stream->write("late"));
}

}  // namespace
}  // namespace superspan::http
