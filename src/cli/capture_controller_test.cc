// SPDX-License-Identifier: Apache-2.0
// A controller that dies while a capture runs; the node lives.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "cli/capture_testing.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Stream = FakeController::Stream;
using namespace test::capture;

// A capture "mine" into a file, from a node that lives while the controller dies. `then` happens on another thread once
// the capture has said so.
struct Orphan {
  using Then = std::function<void(const Stream&)>;
  Orphan(const std::vector<std::string>& options, const Then& then) {
    auto controller = std::make_unique<FakeController>();
    FakeController node;
    controller->answer("GET /v1/health", "{}");
    controller->answer("GET /v1/policies/mine/stream", R"({"endpoint": ")" + node.endpoint() +
                                                           R"(", "path": "/v1/streams/mine", "token": ")" +
                                                           http::test::kToken + "\"}");
    endpoint = controller->endpoint();
    std::promise<Stream> opened;
    node.on_stream = [&](const Stream& stream) {
      stream->write(head() + packets(1));
      opened.set_value(stream);
    };
    test::WatchedText text;
    std::thread fate([&] {
      const Stream stream = opened.get_future().get();
      controller.reset();
      EXPECT_TRUE(text.wait_for("does not answer")) << text.text();
      then(stream);
    });
    const auto file = node.file("mine.pcapng");
    std::vector<std::string> words{"capture", "udp", "-w", file, "--name", "mine"};
    words.insert(words.end(), options.begin(), options.end());
    code = run_command(*controller, words, {.err = &text}).code;
    fate.join();
    err = text.text();
    written = packets_in(read_file(file));
  }

  std::string endpoint;  // of the controller
  int code = 0;
  std::string err;
  std::size_t written = 0;  // packets
};

TEST(Capture, SaysWhenTheControllerDiesAndWhatBecomesOfThePolicy) {
  const Orphan orphan({"--duration", "10m"}, [](const Stream& stream) {
    stream->write(packets(1) + statistics(0));
    stream->finish();
  });
  EXPECT_EQ(orphan.code, 6);
  EXPECT_EQ(orphan.written, 2U);
  EXPECT_TRUE(
      orphan.err.starts_with("superspand at " + orphan.endpoint +
                             " does not answer; the capture goes on, policy 'mine' ends by its own limit within "))
      << orphan.err;
  EXPECT_TRUE(orphan.err.contains("\n2 packets, 84 bytes, 0 dropped\n")) << orphan.err;
  EXPECT_TRUE(orphan.err.contains("\npolicy 'mine' could not be removed: ")) << orphan.err;
  EXPECT_TRUE(orphan.err.contains("hint: it ends by its own limit within ")) << orphan.err;
  EXPECT_TRUE(orphan.err.ends_with("; `superspan policy delete mine` ends it as soon as superspand answers\n"))
      << orphan.err;
}

TEST(Capture, EndsAtOnceOnInterruptWhenTheControllerIsDead) {
  const Orphan orphan({}, [](const Stream&) { kill(getpid(), SIGINT); });
  EXPECT_EQ(orphan.code, 6);
  EXPECT_EQ(orphan.written, 1U);
  EXPECT_TRUE(orphan.err.contains("policy 'mine' could not be removed")) << orphan.err;
}

TEST(Capture, GoesOnCountingWhenTheControllerIsBack) {
  auto controller = std::make_unique<FakeController>();
  controller->answer("GET /v1/health", "{}");
  controller->answer("GET /v1/policies/mine/stats", R"({"hops": []})");
  const std::string endpoint = controller->endpoint();
  test::WatchedText err;
  std::thread fate([&] {
    EXPECT_TRUE(err.wait_for("0 packets")) << err.text();
    controller.reset();
    EXPECT_TRUE(err.wait_for("does not answer")) << err.text();
    controller = std::make_unique<FakeController>(http::test::options_for(endpoint));
    controller->answer("GET /v1/health", "{}");
    controller->answer("GET /v1/policies/mine/stats",
                       R"({"hops": [{"stage": "delivery", "packets": 7, "bytes": 700}]})");
    controller->last_hops = {{{"stage", "delivery"}, {"packets", 7}, {"bytes", 700}}};
    controller->add_policy("mine", {{"name", "mine"}, {"number", 1}, {"revision", 1}});
    EXPECT_TRUE(err.wait_for("answers again")) << err.text();
    EXPECT_TRUE(err.wait_for("7 packets")) << err.text();
    kill(getpid(), SIGINT);
  });
  const Outcome outcome =
      run_command(*controller, {"capture", "udp", "--to", "ids1", "--name", "mine"}, {.err_is_tty = true, .err = &err});
  fate.join();
  EXPECT_EQ(outcome.code, 0) << err.text();
  EXPECT_TRUE(err.text().ends_with("7 packets, 700 bytes, 0 dropped\n")) << err.text();
  EXPECT_TRUE(controller->policies().empty());
}

}  // namespace
}  // namespace superspan::cli
