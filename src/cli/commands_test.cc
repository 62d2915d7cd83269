// SPDX-License-Identifier: Apache-2.0
// Commands against a real HTTP server with canned answers: what is printed, what is asked, how it fails.
#include "cli/commands.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "cli/capture_testing.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Words = std::vector<std::string>;

TEST(Lists, PrintWhatTheControllerAnswers) {
  struct Case {
    Words words;
    std::string request;
    std::string answer;
    std::string out;
  };
  const std::array cases{
      Case{{"taps"},
           "GET /v1/taps",
           R"({"taps": [{"name": "leaf1-spine1", "id": 1, "switch": "filter1", "port": 1, "state": "up",
                         "description": "uplink"}]})",
           "NAME          ID  SWITCH   PORT  STATE  DESCRIPTION\n"
           "leaf1-spine1   1  filter1     1  up     uplink\n"},
      Case{{"tools", "-o", "yaml"},
           "GET /v1/tools",
           R"({"tools": [{"name": "ids1", "switch": "delivery1", "port": 3, "state": "up", "description": ""}]})",
           "- name: ids1\n  switch: delivery1\n  port: 3\n  state: up\n  description: \"\"\n"},
      Case{{"nodes", "-o", "json"},
           "GET /v1/nodes",
           R"({"nodes": [{"name": "node1"}]})",
           "[\n  {\n    \"name\": \"node1\"\n  }\n]\n"},
      Case{{"switches"},
           "GET /v1/switches",
           R"({"switches": [{"name": "filter1", "datapath": "0000000000000001", "profile": "ovs", "state": "synced",
                             "why": "", "openflow": "1.4", "flows": 12, "desired_flows": 12}]})",
           "NAME     STATE   DATAPATH          PROFILE  OPENFLOW  FLOWS  DESIRED  WHY\n"
           "filter1  synced  0000000000000001  ovs      1.4          12       12  -\n"},
      Case{{"links"},
           "GET /v1/links",
           R"({"links": [{"from": "filter1:49", "to": "mux1:1", "state": "up"}]})",
           "FROM        TO      STATE\nfilter1:49  mux1:1  up\n"},
      Case{{"policy", "list"},
           "GET /v1/policies",
           R"({"epoch": 7, "policies": [{"name": "web", "state": "active", "expression": "tcp port 443", "taps": [],
               "tools": ["ids1"], "limits": {"duration_s": 900}, "owner": "alice", "ticket": ""}]})",
           "NAME  STATE   EXPRESSION    TAPS  TOOLS  DURATION  OWNER  TICKET\n"
           "web   active  tcp port 443  -     ids1        15m  alice  -\n"},
      Case{{"policy", "stats", "web"},
           "GET /v1/policies/web/stats",
           R"({"policy": "web", "hops": [{"switch": "filter1", "stage": "filter", "packets": 100, "bytes": 9100}],
               "nodes": [{"node": "node1", "received": 100, "residual_dropped": 1, "stream_dropped": 0,
                          "recorded": 90, "record_lost": 9, "bytes": 9000}]})",
           "SWITCH   STAGE   PACKETS  BYTES\n"
           "filter1  filter      100   9100\n"
           "\n"
           "NODE   RECEIVED  RESIDUAL-DROPPED  STREAM-DROPPED  RECORDED  LOST  BYTES\n"
           "node1       100                 1               0        90     9   9000\n"},
      Case{{"flows"},
           "GET /v1/flows",
           R"({"flows": [{"switch": "filter1", "table": 1, "priority": 100, "cookie": "0x5350000003010000",
               "policy": "web", "stage": "match", "match": "tcp,tp_dst=443", "actions": "load:1->reg0", "packets": 5}]})",
           "SWITCH   TABLE  PRIORITY  STAGE  POLICY  PACKETS  MATCH           ACTIONS\n"
           "filter1      1       100  match  web           5  tcp,tp_dst=443  load:1->reg0\n"},
      Case{{"nodes"},
           "GET /v1/nodes",
           R"({"nodes": [{"name": "node1", "state": "up", "switch": "d1", "port": 4, "endpoint": "unix:/n1",
                          "version": "0.1.0", "counters": {"problems": ["rec: No space left on device"]}},
                         {"name": "node2", "state": "up", "switch": "d1", "port": 5, "endpoint": "unix:/n2",
                          "version": "0.1.0", "counters": {"problems": []}}]})",
           "NAME   STATE  SWITCH  PORT  ENDPOINT  VERSION  PROBLEMS\n"
           "node1  up     d1         4  unix:/n1  0.1.0    rec: No space left on device\n"
           "node2  up     d1         5  unix:/n2  0.1.0    -\n"},
      Case{
          {"health"},
          "GET /v1/health",
          R"({"status": "degraded", "policies_failed": 0, "problems": ["node1: rec: disk full", "node2: web: disk full"]})",
          "status           degraded\npolicies_failed  0\n"
          "problems         node1: rec: disk full\n                 node2: web: disk full\n"},
      Case{{"health"},
           "GET /v1/health",
           R"({"status": "ok", "version": "0.1.0", "switches": 4})",
           "status    ok\nversion   0.1.0\nswitches  4\n"},
      Case{{"topology"},
           "GET /v1/topology",
           R"({"name": "lab", "encapsulation": "nsh",
               "switches": [{"name": "f1", "profile": "ovs", "datapath": "01", "state": "synced"}, {"name": "d1"}],
               "taps": [{"name": "t1", "switch": "f1", "port": 1, "description": "uplink"}],
               "tools": [{"name": "ids1", "switch": "d1", "port": 3}], "nodes": [{"name": "n1", "switch": "d1", "port": 4}],
               "links": [{"from": "f1:49", "to": "d1:1"}]})",
           "fabric lab (copies travel as nsh)\n"
           "\n"
           "switch f1  ovs 01  synced\n"
           "  port 1    tap   t1 (uplink)\n"
           "  port 49   link  to d1:1\n"
           "\n"
           "switch d1   \n"
           "  port 3    tool  ids1\n"
           "  port 4    node  n1\n"
           "  port 1    link  to f1:49\n"},
  };
  for (const Case& c : cases) {
    FakeController controller;
    controller.answer(c.request, c.answer);
    const Outcome outcome = run_command(controller, c.words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, c.out);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Lists, SayWhenTheyAreEmptyOnStandardError) {
  FakeController controller;
  controller.answer("GET /v1/flows", R"({"flows": []})");
  const Outcome table = run_command(controller, {"flows", "--diff", "--switch", "filter 1"});
  EXPECT_EQ(table.out, "");
  EXPECT_EQ(table.err, "no differences\n");
  EXPECT_EQ(controller.requests().back(), "GET /v1/flows?view=diff&switch=filter 1");
  EXPECT_EQ(run_command(controller, {"flows", "-o", "json"}).out, "[]\n");
}

TEST(Flows, OfASwitchThatIsAwayAreNotKnown) {
  FakeController controller;
  controller.answer("GET /v1/flows", R"({"flows": [], "unknown": [{"switch": "filter2", "state": "absent"}]})");
  const Outcome all = run_command(controller, {"flows", "--diff"});
  EXPECT_EQ(all.code, 0);
  EXPECT_EQ(all.out, "");
  EXPECT_EQ(all.err, "filter2 is absent: its flows are not known\nno differences elsewhere\n");
  for (const char* format : {"table", "json"}) {
    const Outcome one = run_command(controller, {"flows", "--switch", "filter2", "-o", format});
    EXPECT_EQ(one.code, 6);
    EXPECT_EQ(one.out, "");
    EXPECT_EQ(one.err,
              "--switch: filter2 is absent: its flows are not known\n"
              "hint: `superspan switches` says why; `superspan flows --desired` lists what it should hold\n");
  }
}

TEST(Colour, IsOnlyForTerminalsAndNotWithNoColor) {
  FakeController controller;
  controller.answer("GET /v1/links", R"({"links": [{"from": "a:1", "to": "b:1"}]})");
  EXPECT_TRUE(run_command(controller, {"links"}, {.out_is_tty = true}).out.starts_with("\x1b[1m"));
  EXPECT_TRUE(run_command(controller, {"links"}, {.out_is_tty = true, .environment = {{"NO_COLOR", "1"}}})
                  .out.starts_with("F"));
}

TEST(Errors, HaveStableExitCodesAndSayWhatToDo) {
  using base::ErrorCode;
  const std::array<std::pair<ErrorCode, int>, 7> codes{{{ErrorCode::kInvalid, 2},
                                                        {ErrorCode::kNotFound, 3},
                                                        {ErrorCode::kConflict, 4},
                                                        {ErrorCode::kDenied, 5},
                                                        {ErrorCode::kTimeout, 6},
                                                        {ErrorCode::kUnavailable, 6},
                                                        {ErrorCode::kInternal, 1}}};
  for (const auto& [code, exit] : codes) {
    FakeController controller;
    controller.answer("GET /v1/taps", base::Error{code, "so it is", "do that", "/here", std::nullopt});
    const Outcome outcome = run_command(controller, {"taps"});
    EXPECT_EQ(outcome.code, exit);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "/here: so it is\nhint: do that\n");
  }
}

TEST(Errors, AboutTheQueryNameTheOption) {
  FakeController controller;
  controller.answer("GET /v1/flows", base::Error{base::ErrorCode::kNotFound, "the fabric has no switch 'x'",
                                                 "GET /v1/switches lists them", "?switch", std::nullopt});
  const Outcome outcome = run_command(controller, {"flows", "--switch", "x"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "--switch: the fabric has no switch 'x'\nhint: `superspan switches` lists them\n");
}

TEST(Errors, OfAnUnknownSchemeSayWhichAreKnown) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"taps", "--endpoint", "ftp://x"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(
      outcome.err.contains("'ftp://x' is no endpoint: 'ftp' is no scheme that is known\n"
                           "hint: write http://127.0.0.1:8600, https://host:8600 or unix:/"))
      << outcome.err;
}

TEST(Errors, OfAnAbsentControllerSendToTheDoctor) {
  std::string endpoint;
  const http::test::TemporaryFolder folder;
  {
    FakeController controller;
    endpoint = controller.endpoint();
  }
  std::ofstream(folder / "token") << http::test::kToken;
  std::filesystem::permissions(folder / "token", std::filesystem::perms(0600));
  const Outcome away = run_command({"taps", "--endpoint", endpoint, "--token-file", folder / "token"});
  EXPECT_EQ(away.code, 6);
  EXPECT_TRUE(away.err.contains("superspan doctor")) << away.err;

  const Outcome unknown = run_command({"taps"}, {.environment = {{"SUPERSPAN_ROOT", folder / "empty"}}});
  EXPECT_EQ(unknown.code, 6);
  EXPECT_TRUE(unknown.err.contains("superspan lab up")) << unknown.err;
}

TEST(Errors, OfTokensAreDenials) {
  FakeController controller;
  std::filesystem::permissions(controller.token_file(), std::filesystem::perms(0644));
  EXPECT_EQ(run_command(controller, {"taps"}).code, 5);
  std::filesystem::permissions(controller.token_file(), std::filesystem::perms(0600));
  std::ofstream(controller.token_file()) << std::string(64, 'f');
  const Outcome wrong = run_command(controller, {"taps"});
  EXPECT_EQ(wrong.code, 5);
  EXPECT_TRUE(wrong.err.contains("hint: ")) << wrong.err;
}

TEST(Discovery, FindsTheLabBeforeTheDefault) {
  FakeController controller;
  controller.answer("GET /v1/links", R"({"links": []})");
  const http::test::TemporaryFolder root;
  const auto lab = root / "run/superspan/lab";
  std::filesystem::create_directories(lab);
  std::ofstream(lab / "endpoint") << controller.endpoint() << "\n";
  std::filesystem::copy_file(controller.token_file(), lab / "token");
  std::filesystem::permissions(lab / "token", std::filesystem::perms(0600));
  EXPECT_EQ(run_command({"links"}, {.environment = {{"SUPERSPAN_ROOT", root / ""}}}).code, 0);
}

TEST(Discovery, NeverSendsAFoundTokenToAnotherMachine) {
  const Outcome outcome = run_command({"taps", "--endpoint", "https://controller.example:8600"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_EQ(outcome.err,
            "--endpoint: no token is named for https://controller.example:8600\n"
            "hint: add --token-file FILE or set SUPERSPAN_TOKEN_FILE\n");
}

TEST(Commands, WaitWhenTheControllerAsksForLess) {
  auto options = http::test::options_for("http://127.0.0.1:0");
  options.limits.requests_per_second = 50;
  options.limits.request_burst = 5;
  FakeController controller(std::move(options));
  Words words{"policy", "delete"};
  for (int number = 10; number < 30; ++number) {
    words.push_back("p" + std::to_string(number));
    controller.add_policy(words.back(), {{"name", words.back()}});
  }
  const Outcome outcome = run_command(controller, words);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Events, EndWithThePastUnlessFollowed) {
  for (const bool follow : {false, true}) {
    FakeController controller;
    controller.answer("GET /v1/events", "data: {\"type\": \"a\"}\n\n: now\n\ndata: {\"type\": \"b\"}\n\n");
    const Outcome outcome = run_command(controller, follow ? Words{"events", "--follow"} : Words{"events"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("a\n")) << outcome.out;
    EXPECT_EQ(controller.requests().back(), "GET /v1/events?since=0");
  }
}

TEST(Events, AreAllToldWhenTheControllerPausesInTheMiddle) {
  FakeController controller;
  std::thread later;
  controller.on_events = [&](const FakeController::Stream& stream) {
    stream->write(": superspan events\n\ndata: {\"type\": \"a\"}\n\n");
    later = std::thread([&controller, stream] {
      std::this_thread::sleep_for(std::chrono::milliseconds(700));  // some ticks of the client
      controller.post([stream] { stream->write("data: {\"type\": \"b\"}\n\n: now\n\n"); });
    });
  };
  const Outcome outcome = run_command(controller, {"events"});
  later.join();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "a\nb\n");
}

TEST(Events, ThatBreakOffBeforeTheirEndAreAnError) {
  FakeController controller;
  controller.answer("GET /v1/events", "data: {\"type\": \"a\"}\n\n");
  const Outcome outcome = run_command(controller, {"events"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_TRUE(outcome.err.contains("broke off")) << outcome.err;
}

TEST(Events, FollowedEndWhenTheReaderOfThePipeLeaves) {
  FakeController controller;
  test::capture::Pipe pipe;
  controller.on_events = [&pipe](const FakeController::Stream& stream) {
    stream->write("data: {\"type\": \"a\"}\n\n: now\n\n");
    pipe.close_reader();  // and nothing happens any more
  };
  const Outcome outcome = run_command(controller, {"events", "--follow"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(Explain, WorksWithoutAController) {
  const Outcome outcome =
      run_command({"explain", "tcp", "port", "80", "--stage", "rules"}, {.environment = {{"SUPERSPAN_ROOT", "/none"}}});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.out.empty());
  const Outcome all = run_command({"explain", "tcp port 80"});
  for (const char* stage : {"ast:\n", "\nresolved:\n", "\npredicate:\n", "\nrules:\n", "\nresidual:\n"}) {
    EXPECT_TRUE(all.out.contains(stage)) << stage << all.out;
  }
}

TEST(Version, IsOneLine) {
  const Outcome outcome = run_command({"--version"});
  EXPECT_TRUE(outcome.out.starts_with("superspan ") && outcome.out.ends_with("\n")) << outcome.out;
  EXPECT_EQ(outcome.out.find(' '), outcome.out.rfind(' ')) << outcome.out;
  EXPECT_TRUE(run_command({"version", "-o", "json"}).out.contains("\"version\": \""));
}

TEST(Explain, MarksWhatIsWrong) {
  const Outcome outcome = run_command({"explain", "tcp", "prot", "80"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("tcp prot 80\n    ~~~~")) << outcome.err;
}

TEST(Doctor, ChecksTheControllerToo) {
  FakeController controller;
  controller.answer(
      "GET /v1/health",
      R"({"status": "ok", "version": "0.1.0", "switches": 4, "switches_synced": 4, "nodes": 1, "nodes_up": 1})");
  const Outcome well = run_command(controller, {"doctor"});
  EXPECT_EQ(well.code, 0) << well.out;
  EXPECT_TRUE(well.out.contains("ok    controller    " + controller.endpoint() +
                                ", version 0.1.0, 4 of 4 switches and 1 of 1 nodes are there\n"))
      << well.out;

  controller.answer("GET /v1/health", R"({"status": "degraded", "version": "0.1.0", "switches": 4})");
  EXPECT_TRUE(run_command(controller, {"doctor"}).out.contains("warn  controller"));

  const Outcome away = run_command({"doctor"}, {.environment = {{"SUPERSPAN_ROOT", "/nowhere"}}});
  EXPECT_EQ(away.code, 1);
  EXPECT_TRUE(
      away.out.contains("fail  token         /nowhere/var/lib/superspan/token does not exist\n"
                        "                    -> start superspand or `superspan lab up`"))
      << away.out;
}

}  // namespace
}  // namespace superspan::cli
