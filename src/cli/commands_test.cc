// SPDX-License-Identifier: Apache-2.0
// Commands against a real HTTP server with canned answers: what is printed, what is asked, how it fails.
#include "cli/commands.h"

#include <gtest/gtest.h>

#include <array>

#include "cli/fake_controller.h"

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
                          "recorded": 99, "bytes": 9000}]})",
           "SWITCH   STAGE   PACKETS  BYTES\n"
           "filter1  filter      100   9100\n"
           "\n"
           "NODE   RECEIVED  RESIDUAL-DROPPED  STREAM-DROPPED  RECORDED  BYTES\n"
           "node1       100                 1               0        99   9000\n"},
      Case{{"flows"},
           "GET /v1/flows",
           R"({"flows": [{"switch": "filter1", "table": 1, "priority": 100, "cookie": "0x5350000003010000",
               "policy": "web", "stage": "match", "match": "tcp,tp_dst=443", "actions": "load:1->reg0", "packets": 5}]})",
           "SWITCH   TABLE  PRIORITY  STAGE  POLICY  PACKETS  MATCH           ACTIONS\n"
           "filter1      1       100  match  web           5  tcp,tp_dst=443  load:1->reg0\n"},
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
  std::filesystem::path token;
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

TEST(PolicyApply, SaysWhatItChanged) {
  FakeController controller;
  const auto apply = [&](const std::string& text) {
    return run_command(controller, {"policy", "apply", "-f", "-"}, {.input = text});
  };
  EXPECT_EQ(apply("name: web\nexpression: tcp port 443").out, "policy web created\n");
  EXPECT_EQ(apply("name: web\nexpression: tcp port 443").out, "policy web unchanged\n");
  EXPECT_EQ(apply("name: web\nexpression: tcp port 80\n---\nname: dns\nexpression: udp").out,
            "policy web changed\npolicy dns created\n2 policies: 1 created, 1 changed, 0 unchanged\n");
  EXPECT_EQ(controller.policies(), (Words{"dns", "web"}));
}

TEST(PolicyApply, SendsAllInOneRequest) {
  FakeController controller;
  std::string text;
  for (int number = 100; number < 400; ++number)
    text += "---\nname: p" + std::to_string(number) + "\nexpression: tcp\n";
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", "-"}, {.input = text});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(controller.policies().size(), 300U);
  EXPECT_EQ(controller.requests(), (Words{"POST /v1/policies:apply"}));
  EXPECT_TRUE(outcome.out.ends_with("300 policies: 300 created, 0 changed, 0 unchanged\n"));
}

TEST(PolicyApply, ADryRunSaysWhatWouldHappen) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", "-", "--dry-run"},
                                      {.input = "name: a\nexpression: tcp\n---\nname: b\nexpression: udp"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(controller.requests().back(), "POST /v1/policies:apply?dry_run=true");
  EXPECT_EQ(outcome.out,
            "policy a would be created\n"
            "policy b would be created\n"
            "2 policies: 2 created, 0 changed, 0 unchanged (nothing was done)\n");
}

TEST(Plan, SaysWhatRunsWhereAndWhatChanges) {
  FakeController controller;
  controller.answer("POST /v1/policies:apply", R"({
    "epoch": 2,
    "policies": [{"name": "web", "effect": "created", "policy": {"residual": "tcp port 80 and ip[6] = 0",
                  "overmatches": ["damaged frames"]}}],
    "plan": {"switches": [{"switch": "filter1", "flows": 9, "added": 2, "changed": 1, "removed": 0,
                           "tables": [{"table": 1, "flows": 4, "added": 2, "changed": 0, "removed": 0}]}],
             "links": [{"from": "filter1:49", "to": "mux1:1", "policies": ["web", "dns"]}],
             "warnings": [{"policy": "web", "text": "tags are lost"}]},
    "diff": [{"switch": "filter1", "change": "+", "flow": "add table=1"}]})");
  const Outcome outcome = run_command(controller, {"plan", "-f", "-", "--diff", "--tables"},
                                      {.input = "name: web\nexpression: tcp port 80"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "policy web would be created\n"
            "\n"
            "web: switches take what may match, nodes then keep: tcp port 80 and ip[6] = 0\n"
            "  tool ports also get damaged frames\n"
            "\n"
            "SWITCH   FLOWS  NEW  CHANGED  REMOVED\n"
            "filter1      9    2        1        0\n"
            "\n"
            "SWITCH   TABLE  FLOWS  NEW  CHANGED  REMOVED\n"
            "filter1  1          4    2        0        0\n"
            "\n"
            "COPIES LEAVE  TO      POLICIES\n"
            "filter1:49    mux1:1  web,dns\n"
            "\n"
            "+ filter1 add table=1\n");
  EXPECT_EQ(outcome.err, "warning: policy web: tags are lost\n");
  EXPECT_EQ(controller.requests().back(), "POST /v1/policies:apply?dry_run=true&diff=true");
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

TEST(PolicyApply, SendsNothingIfAnyDocumentIsWrong) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", "-"},
                                      {.input = "name: a\nexpression: tcp\n---\nname: b\nexpresion: udp"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "standard input:5:1: unknown key 'expresion'\nhint: did you mean 'expression'?\n");
  EXPECT_TRUE(controller.requests().empty());
}

TEST(PolicyApply, PlacesTheControllersErrorInTheFile) {
  FakeController controller;
  const auto file = controller.file("web.yaml");
  std::ofstream(file) << "name: web\nexpression: tcp prot 443\ntools: [isd1]\n";
  controller.answer("POST /v1/policies:apply",
                    base::Error{base::ErrorCode::kInvalid, "unknown word 'prot'", "did you mean 'port'?",
                                "/policies/0/expression", base::SourceMark{"tcp prot 443", 4, 8}});
  const Outcome marked = run_command(controller, {"policy", "apply", "-f", file});
  EXPECT_EQ(marked.code, 2);
  EXPECT_EQ(marked.err, file.string() +
                            ":2:13: expression:1:5-8: unknown word 'prot'\n"
                            "tcp prot 443\n"
                            "    ~~~~\n"
                            "hint: did you mean 'port'?\n");
  controller.answer("POST /v1/policies:apply",
                    base::Error{base::ErrorCode::kInvalid, "unknown tool 'isd1'", "did you mean 'ids1'?",
                                "/policies/0/tools/0", std::nullopt});
  EXPECT_EQ(run_command(controller, {"policy", "apply", "-f", file}).err,
            file.string() + ":3:9: unknown tool 'isd1'\nhint: did you mean 'ids1'?\n");
}

TEST(PolicyApply, PlacesEveryErrorOfTheController) {
  FakeController controller;
  const base::Error errors[] = {
      {base::ErrorCode::kInvalid, "unknown tool 'x'", "see tools", "/policies/1/tools/0", std::nullopt},
      {base::ErrorCode::kInvalid, "too much", "less", "/policies/0", std::nullopt}};
  const auto problem = http::problem(errors);
  controller.answer("POST /v1/policies:apply", problem.body, problem.status);
  const Outcome outcome =
      run_command(controller, {"policy", "apply", "-f", "-"},
                  {.input = "name: a\nexpression: tcp\n---\nname: b\nexpression: udp\ntools: [x]\n"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "standard input:6:9: unknown tool 'x'\nhint: see tools\n"
            "standard input:1:1: too much\nhint: less\n");
}

TEST(PolicyApply, TakesTheFilesOfADirectoryInTheOrderOfTheirNames) {
  FakeController controller;
  const auto folder = controller.file("policies");
  std::filesystem::create_directories(folder / "below.yaml");
  std::ofstream(folder / "b.yml") << "name: b\nexpression: tcp\n";
  std::ofstream(folder / "a.yaml") << "name: a\nexpression: tcp\n---\nname: z\nexpression: udp\n";
  std::ofstream(folder / "c.json") << R"({"name": "c", "expression": "udp"})";
  std::ofstream(folder / "README.md") << "not a policy\n";
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", folder});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "policy a created\npolicy z created\npolicy b created\npolicy c created\n"
            "4 policies: 4 created, 0 changed, 0 unchanged\n");
}

TEST(PolicyApply, SaysWhatADirectoryLacks) {
  FakeController controller;
  const auto folder = controller.file("policies");
  std::filesystem::create_directories(folder);
  const Outcome empty = run_command(controller, {"policy", "apply", "-f", folder});
  EXPECT_EQ(empty.code, 3);
  EXPECT_EQ(empty.err, "--file: no policy file is in the directory " + folder.string() +
                           "\nhint: their names end in .yaml, .yml or .json\n");
  std::ofstream(folder / "a.yaml") << "name: web\nexpression: tcp\n";
  std::ofstream(folder / "b.yaml") << "# again\nname: web\nexpression: udp\n";
  const Outcome twice = run_command(controller, {"policy", "apply", "-f", folder});
  EXPECT_EQ(twice.code, 2);
  EXPECT_EQ(twice.err, (folder / "b.yaml").string() + ":2:1: policy 'web' stands here twice\nhint: it stands at " +
                           (folder / "a.yaml").string() + ":1:1 already\n");
  EXPECT_TRUE(controller.requests().empty());
}

TEST(PolicyDelete, TellsWhichSwitchMayStillCopy) {
  FakeController controller;
  controller.answer("DELETE /v1/policies/web", R"({"switches": ["filter1", "mux1"]})", 202);
  const Outcome outcome = run_command(controller, {"policy", "delete", "web"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("policy web is deleted, but may still be copied by filter1, mux1"), std::string::npos)
      << outcome.err;
}

TEST(PolicyDelete, RemovesWhatItCanAndReportsTheRest) {
  FakeController controller;
  controller.add_policy("web", {{"name", "web"}});
  const Outcome outcome = run_command(controller, {"policy", "delete", "nobody", "web"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.out, "policy web deleted\n");
  EXPECT_EQ(outcome.err, "there is no policy 'nobody'\nhint: see `superspan policy list`\n");
}

TEST(PolicyShow, PrintsEverythingThatIsThere) {
  FakeController controller;
  controller.add_policy("web", {{"name", "web"},
                                {"expression", "tcp"},
                                {"record", true},
                                {"reason", ""},
                                {"tools", {"ids1", "node1"}},
                                {"overmatches", {"frames that are cut", "IPv6 with extension headers"}},
                                {"snaplen", 0}});
  const Outcome outcome = run_command(controller, {"policy", "show", "web"});
  EXPECT_EQ(outcome.out,
            "name           web\n"
            "state          active\n"
            "expression     tcp\n"
            "overmatches    frames that are cut\n"
            "               IPv6 with extension headers\n"
            "tools          ids1,node1\n"
            "record         yes\n");
}

TEST(Events, EndWithThePastUnlessFollowed) {
  for (const bool follow : {false, true}) {
    FakeController controller;
    controller.answer("GET /v1/events", "");
    const Outcome outcome = run_command(controller, follow ? Words{"events", "--follow"} : Words{"events"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(controller.requests().back(), "GET /v1/events?since=0");
  }
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
