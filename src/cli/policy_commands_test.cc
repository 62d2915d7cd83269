// SPDX-License-Identifier: Apache-2.0
// policy apply, plan, policy delete and policy show: what they ask, print and refuse.
#include <gtest/gtest.h>

#include "cli/fake_controller.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Words = std::vector<std::string>;

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

TEST(PolicyApply, SendsNothingIfAnyDocumentIsWrong) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", "-"},
                                      {.input = "name: a\nexpression: tcp\n---\nname: b\nexpresion: udp"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "standard input:5:1: unknown key 'expresion'\nhint: did you mean 'expression'?\n");
  EXPECT_TRUE(controller.requests().empty());
}

TEST(PolicyApply, ReadsNoMoreOfAFileThanItMayHold) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"policy", "apply", "-f", "/dev/zero"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.err.contains("/dev/zero: the file is larger than 1 MiB")) << outcome.err;
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

TEST(PolicyDelete, TellsWhichSwitchMayStillCopy) {
  FakeController controller;
  controller.answer("DELETE /v1/policies/web", R"({"confirmed": false, "unconfirmed": ["filter1", "mux1"]})", 202);
  const Outcome outcome = run_command(controller, {"policy", "delete", "web"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("policy web is deleted, but may still be in force at filter1, mux1"), std::string::npos)
      << outcome.err;
}

TEST(PolicyDelete, NeverSaysDeletedBeforeItIsConfirmed) {
  FakeController controller;
  controller.answer("DELETE /v1/policies/web", R"({"confirmed": false, "unconfirmed": []})", 202);
  const Outcome outcome = run_command(controller, {"policy", "delete", "web"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("policy web is deleted, but not every switch and node has confirmed it yet\n"))
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

}  // namespace
}  // namespace superspan::cli
