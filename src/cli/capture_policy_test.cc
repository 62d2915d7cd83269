// SPDX-License-Identifier: Apache-2.0
// The policy of a capture: how its refusal is told, and that no policy of another is touched.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "cli/capture_testing.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Stream = FakeController::Stream;
using namespace test::capture;

TEST(Capture, NeverTouchesAPolicyThatExists) {
  FakeController controller;
  controller.add_policy("web", {{"name", "web"}});
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "web", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "--name: a policy 'web' exists already\nhint: choose another --name, or leave it away\n");
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"web"});
}

// The look before is not enough: another one may be quicker.
TEST(Capture, NeverTakesOverThePolicyOfAnother) {
  FakeController controller;
  controller.add_policy("mine", {{"name", "mine"}, {"expression", "tcp"}});
  controller.answer("GET /v1/policies/mine", base::Error{base::ErrorCode::kNotFound, "not yet", "", "", std::nullopt});
  const Outcome outcome =
      run_command(controller, {"capture", "udp", "-w", controller.file("x.pcapng"), "--name", "mine"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "--name: a policy 'mine' exists already\nhint: choose another name\n");
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"mine"});
  for (const auto& request : controller.requests()) EXPECT_FALSE(request.starts_with("DELETE")) << request;
}

TEST(Capture, SaysHowSeveralTapsAreWritten) {
  FakeController controller;
  controller.answer("GET /v1/taps", R"({"taps": [{"name": "leaf1-up"}, {"name": "leaf2-up"}]})");
  controller.answer("GET /v1/tools", R"({"tools": []})");
  controller.answer("GET /v1/nodes", R"({"nodes": []})");
  controller.answer("PUT /v1/policies/x", base::Error{base::ErrorCode::kInvalid, "unknown word 'leaf2'", "",
                                                      "/expression", base::SourceMark{"udp leaf2-up", 4, 9}});
  Pipe pipe;
  const Outcome outcome =
      run_command(controller, {"capture", "udp", "--from", "leaf1-up", "leaf2-up", "--name", "x", "-w", "-"},
                  {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.ends_with("hint: several taps are written with commas: --from leaf1-up,leaf2-up\n"))
      << outcome.err;
}

TEST(Capture, ShowsTheCaretOfTheControllersError) {
  FakeController controller;
  controller.answer("PUT /v1/policies/x",
                    base::Error{base::ErrorCode::kInvalid, "unknown word 'prot'", "did you mean 'port'?", "/expression",
                                base::SourceMark{"udp prot 53", 4, 8}});
  Pipe pipe;
  const Outcome outcome = run_command(controller, {"capture", "udp prot 53", "--name", "x"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "expression:1:5-8: unknown word 'prot'\n"
            "udp prot 53\n"
            "    ~~~~\n"
            "hint: did you mean 'port'?\n");
}

TEST(Capture, NamesTheOptionThatTheControllerRefuses) {
  FakeController controller;
  controller.answer(
      "PUT /v1/policies/x",
      base::Error{
          base::ErrorCode::kInvalid, "the fabric has no tool 'ids1'", "GET /v1/tools lists them", "/tools/0", {}});
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "x", "--to", "ids1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "--to: the fabric has no tool 'ids1'\nhint: `superspan tools` lists them\n");
}

TEST(Capture, LooksForTapsToolsAndNodesBeforeAnythingHappens) {
  FakeController controller;
  const auto refused = [&controller](const std::string& option, const std::string& names) {
    const Outcome outcome = run_command(controller, {"capture", "tcp", option, names, "-w", controller.file("x")});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_FALSE(std::filesystem::exists(controller.file("x")));
    return outcome.err;
  };
  EXPECT_EQ(refused("--from", "leaf1,laef2"),
            "--from: the fabric has no tap 'laef2'\nhint: did you mean 'leaf2' or 'leaf1'?\n");
  EXPECT_EQ(refused("--from", "elsewhere"),
            "--from: the fabric has no tap 'elsewhere'\nhint: `superspan taps` lists them\n");
  EXPECT_EQ(refused("--to", "node1,isd1"), "--to: the fabric has no tool or node 'isd1'\nhint: did you mean 'ids1'?\n");
}

TEST(Capture, RemovesAPolicyThatMayHaveBeenMade) {
  FakeController controller;
  controller.answer("PUT /v1/policies/x", base::Error{base::ErrorCode::kTimeout, "no answer from filter1", "", "", {}});
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "x", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.err, "no answer from filter1\nhint: if the policy was made after all, it ends by itself\n");
}

TEST(Capture, TakesAwayWhatAPutWithoutAnAnswerMade) {
  FakeController controller;
  controller.loses_answers = true;
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "x", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.err, "no answer\n");
  EXPECT_TRUE(controller.policies().empty());
}

// As if a switch hangs: the policy waits for it until its time is over.
TEST(Capture, SaysWhatAPolicyWaitedForThatWasNeverInForce) {
  for (const bool ended_early : {false, true}) {
    FakeController controller;
    controller.state = "pending";
    controller.why = "switch 'filter2' is waiting";
    controller.on_stream = [&controller](const Stream& stream) {
      controller.state = "ended";
      controller.why = "";
      stream->write(head());
      stream->finish();
    };
    if (ended_early) {
      controller.answer("GET /v1/policies/x/stream",
                        base::Error{base::ErrorCode::kConflict, "policy 'x' has ended", "put it again", "", {}});
    }
    const Outcome outcome = run_command(
        controller, {"capture", "icmp", "-c", "3", "--duration", "5s", "--name", "x", "-w", controller.file("x")});
    EXPECT_EQ(outcome.code, 6);
    EXPECT_EQ(outcome.err,
              "not in force everywhere yet: switch 'filter2' is waiting\n"
              "0 packets, 0 bytes, 0 dropped\n"
              "policy 'x' did not come into force everywhere, and no packet came: switch 'filter2' is waiting\n"
              "hint: `superspan switches` and `superspan nodes` show what is away\n");
    EXPECT_TRUE(controller.policies().empty());
    const auto requests = controller.requests();
    EXPECT_NE(std::ranges::find(requests, "PUT /v1/policies/x?wait_ms=2500"), requests.end());
  }
}

TEST(Capture, KeepsThePacketsOfAPolicyThatWaitsForOneSwitch) {
  FakeController controller;
  controller.state = "pending";
  controller.why = "switch 'filter2' is absent";
  controller.on_stream = sends(head() + packets(3));
  const auto file = controller.file("x");
  const Outcome outcome = run_command(controller, {"capture", "icmp", "-c", "3", "--name", "x", "-w", file});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err,
            "not in force everywhere yet: switch 'filter2' is absent\n"
            "3 packets, 126 bytes, 0 dropped\n");
  EXPECT_EQ(packets_in(read_file(file)), 3U);
}

TEST(Capture, WaitsForANodeThatHasYetToHearOfThePolicy) {
  FakeController controller;
  FakeController deaf;
  controller.state = "pending";
  const auto ticket = [](const FakeController& node, const std::string& path) {
    return R"({"endpoint": ")" + node.endpoint() + R"(", "path": ")" + path + R"(", "token": ")" + http::test::kToken +
           "\"}";
  };
  controller.on_stream = sends(head() + packets(1));
  controller.answer("GET /v1/policies/x/stream", ticket(deaf, "/v1/unknown"));
  std::thread node([&] {
    while (deaf.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    controller.answer("GET /v1/policies/x/stream", ticket(controller, "/v1/streams/x"));
  });
  const Outcome outcome = run_command(controller, {"capture", "icmp", "--name", "x", "-w", controller.file("x")});
  node.join();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with("1 packets, 42 bytes, 0 dropped\n")) << outcome.err;
}

TEST(Capture, EndsWithTheWordsOfTheSwitchThatRefusesItsPolicyLate) {
  FakeController controller;
  controller.state = "failed";
  controller.why = "filter1: table is full";
  controller.on_stream = [](const Stream& stream) { stream->write(head()); };
  const Outcome outcome = run_command(controller, {"capture", "icmp", "--name", "x", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.err.ends_with("policy 'x' failed: filter1: table is full\n")) << outcome.err;
}

TEST(Capture, LeavesAnOlderPolicyAfterAPutWithoutAnAnswer) {
  FakeController controller;
  controller.loses_answers = true;
  controller.created = "2001-01-01T00:00:00Z";
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "x", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.err, "no answer\nhint: policy 'x' is not provably of this capture and is left as it is\n");
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"x"});
}

// Somebody deletes the policy of a capture that runs and makes another of the same name.
TEST(Capture, NeverDeletesAPolicyThatTookTheNameOfItsOwn) {
  FakeController controller;
  controller.on_stream = [&controller](const Stream& stream) {
    stream->write(head() + packets(1));
    controller.add_policy("mine", {{"name", "mine"}, {"number", 99}, {"revision", 1}});
    kill(getpid(), SIGINT);
  };
  const Outcome outcome = run_command(controller, {"capture", "udp", "-w", controller.file("x"), "--name", "mine"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err,
            "policy 'mine' was deleted, changed or replaced by somebody else; it is left as it is\n"
            "1 packets, 42 bytes, 0 dropped\n");
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"mine"});
}

TEST(Capture, SaysWhichSwitchMayStillCopyForIt) {
  FakeController controller;
  controller.answer("DELETE /v1/policies/mine", R"({"confirmed": false, "unconfirmed": ["filter1"], "hops": []})", 202);
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(1));
    stream->finish();
  };
  const Outcome outcome = run_command(controller, {"capture", "udp", "-w", controller.file("x"), "--name", "mine"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_TRUE(
      outcome.err.starts_with("1 packets, 42 bytes, 0 dropped\n"
                              "policy mine is deleted, but may still be in force at filter1\n"))
      << outcome.err;
}

TEST(Capture, SaysThatSomebodyElseDeletedItsPolicy) {
  FakeController controller;
  controller.on_stream = [&controller](const Stream& stream) {
    stream->write(head() + packets(1));
    controller.drop_policy("mine");
    stream->finish();
  };
  const Outcome outcome = run_command(controller, {"capture", "udp", "-w", controller.file("x"), "--name", "mine"});
  EXPECT_TRUE(outcome.err.contains("by somebody else")) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with("1 packets, 42 bytes, 0 dropped\n")) << outcome.err;
}

TEST(Capture, NeverShowsTheCountersOfAPolicyThatTookTheNameOfItsOwn) {
  FakeController controller;
  controller.answer("GET /v1/health", "{}");
  controller.answer("GET /v1/policies/v/stats", R"({"hops": []})");
  test::WatchedText err;
  std::thread other([&] {
    EXPECT_TRUE(err.wait_for("0 packets")) << err.text();
    controller.add_policy("v", {{"name", "v"}, {"number", 99}, {"revision", 1}});
    controller.answer("GET /v1/policies/v/stats", R"({"hops": [{"stage": "delivery", "packets": 7, "bytes": 700}]})");
  });
  const Outcome outcome =
      run_command(controller, {"capture", "udp", "--to", "ids1", "--name", "v"}, {.err_is_tty = true, .err = &err});
  other.join();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(err.text().contains("by somebody else")) << err.text();
  EXPECT_TRUE(err.text().ends_with("\n0 packets, 0 bytes, 0 dropped\n")) << err.text();
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"v"});
}

}  // namespace
}  // namespace superspan::cli
