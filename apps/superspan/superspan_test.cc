// SPDX-License-Identifier: Apache-2.0
// The program as a shell meets it: pipes, signals, completion.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "apps/superspan/process.h"
#include "cli/fake_controller.h"
#include "recorder/pcapng.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Ran;
using Stream = FakeController::Stream;

void name_controller(const FakeController& controller) {
  setenv("SUPERSPAN_ENDPOINT", controller.endpoint().c_str(), 1);
  setenv("SUPERSPAN_TOKEN_FILE", controller.token_file().c_str(), 1);
}

Ran bash(const FakeController& controller, const std::string& line) {
  name_controller(controller);
  return test::bash(line);
}

std::string text_of(base::BytesView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

// A section with `count` frames of 60 bytes.
std::string section(std::size_t count) {
  const base::Bytes frame(60, std::byte{0});
  recorder::PcapngWriter writer;
  writer.section("policy: x", "superspan");
  static_cast<void>(writer.interface({.name = "leaf1", .description = "", .filter = "", .snaplen = 0}));
  for (std::size_t index = 0; index < count; ++index) {
    writer.packet({.interface = 0, .time = {}, .original_length = 60, .comment = {}, .bytes = frame});
  }
  return text_of(writer.view());
}

TEST(Program, FeedsTsharkThroughAPipe) {
  if (access("/usr/bin/tshark", X_OK) != 0) GTEST_SKIP() << "tshark is not installed";
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(section(3));
    stream->finish();
  };
  const Ran ran = bash(controller,
                       "superspan capture udp port 53 -w - 2> /dev/null |"
                       " tshark -r - -T fields -e frame.interface_name -e frame.len 2> /dev/null");
  EXPECT_EQ(ran.out, "leaf1\t60\nleaf1\t60\nleaf1\t60\n");
  EXPECT_EQ(ran.code, 0);
}

TEST(Program, EndsWhenTheOtherEndOfThePipeDoes) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) { stream->write(section(1000)); };
  const Ran ran =
      bash(controller, "superspan capture udp port 53 -w - | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(ran.out, "0\n");
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Program, EndsInOrderOnCtrlC) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) { stream->write(section(2)); };
  const Ran ran =
      bash(controller,
           "superspan capture udp port 53 -w \"$SUPERSPAN_TOKEN_FILE.pcapng\" 2> \"$SUPERSPAN_TOKEN_FILE.log\" &\n"
           "until [ -s \"$SUPERSPAN_TOKEN_FILE.pcapng\" ]; do sleep 0.02; done\n"
           "kill -INT $!; wait $!; echo $?; cat \"$SUPERSPAN_TOKEN_FILE.log\"");
  EXPECT_EQ(ran.out, "0\n2 packets, 120 bytes, 0 dropped\n");
  EXPECT_TRUE(controller.policies().empty());
}

// Ctrl-C reaches every process of the terminal, so also the tcpdump that prints; it must print the rest nevertheless.
TEST(Program, PrintsTheRestOfThePacketsAfterCtrlCOnATerminal) {
  if (access("/usr/bin/tcpdump", X_OK) != 0 && access("/usr/sbin/tcpdump", X_OK) != 0) {
    GTEST_SKIP() << "tcpdump is not installed";
  }
  FakeController controller;
  controller.on_stream = [](const Stream& stream) { stream->write(section(2)); };
  controller.on_removed = [](const Stream& stream) {
    stream->write(section(1));
    stream->finish();
  };
  name_controller(controller);
  test::OnTerminal program({"capture", "udp", "port", "53"});
  ASSERT_TRUE(program.wait_for("00:00:00.000000 ", 2)) << program.out();
  program.type("\003");
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_EQ(program.count("Ctrl-C ends it"), 1) << program.out();
  EXPECT_EQ(program.count("00:00:00.000000 "), 3) << program.out();
  EXPECT_TRUE(program.out().ends_with("3 packets, 180 bytes, 0 dropped\r\n")) << program.out();
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Program, ExitsWithTheDocumentedCode) {
  FakeController controller;
  EXPECT_EQ(bash(controller, "superspan policy show nobody 2> /dev/null").code, 3);
  EXPECT_EQ(bash(controller, "superspan polcy 2> /dev/null").code, 2);
  EXPECT_EQ(bash(controller, "superspan --help > /dev/null").code, 0);
  EXPECT_EQ(bash(controller, "superspan taps --endpoint unix:/nowhere.sock 2> /dev/null").code, 6);
}

// The words that Tab offers for a line; the cursor stands at its end.
std::string completed(const FakeController& controller, const std::string& words) {
  return bash(controller, "source <(superspan completion bash); COMP_WORDS=(" + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _superspan; echo \"${COMPREPLY[*]}\"")
      .out;
}

TEST(Completion, KnowsCommandsOptionsAndNames) {
  FakeController controller;
  controller.answer("GET /v1/taps", R"({"taps": [{"name": "leaf1-spine1"}, {"name": "leaf2-spine1"}]})");
  controller.answer("GET /v1/tools", R"({"tools": [{"name": "ids1"}]})");
  controller.answer("GET /v1/nodes", R"({"nodes": [{"name": "node1"}]})");
  controller.answer("GET /v1/switches", R"({"switches": [{"name": "filter1"}]})");
  controller.answer("GET /v1/policies", R"({"policies": [{"name": "web"}, {"name": "dns"}], "epoch": 1})");
  const std::array<std::pair<std::string, std::string>, 19> cases{{
      {"superspan ca", "capture"},
      {"superspan to", "tools topology"},
      {"superspan policy ''", "apply delete list show stats"},
      {"superspan policy s", "show stats"},
      {"superspan -o json lab ''", "down restart status up"},
      {"superspan capture --f", "--from"},
      {"superspan capture --to", "--to --token-file"},
      {"superspan capture udp --from ''", "leaf1-spine1 leaf2-spine1"},
      {"superspan capture udp --from leaf2", "leaf2-spine1"},
      {"superspan capture udp --from = leaf2", "leaf2-spine1"},
      {"superspan capture udp --from leaf1-spine1,leaf2", "leaf1-spine1,leaf2-spine1"},
      {"superspan capture --to ''", "ids1 node1"},
      {"superspan policy show ''", "web dns"},
      {"superspan policy delete web d", "dns"},
      {"superspan flows --switch f", "filter1"},
      {"superspan taps -o ''", "table json yaml"},
      {"superspan te", "test"},
      {"superspan filter udp --engine ''", "reference switch bpf"},
      {"superspan explain tcp --stage r", "resolved rules residual"},
  }};
  for (const auto& [words, expected] : cases) EXPECT_EQ(completed(controller, words), expected + "\n") << words;
}

TEST(Completion, OffersFilesWhereAFileIsWanted) {
  FakeController controller;
  const std::string folder = controller.token_file().parent_path();
  EXPECT_EQ(completed(controller, "superspan policy apply -f " + folder + "/to"), folder + "/token\n");
}

TEST(Completion, IsSilentWithoutAController) {
  FakeController controller;
  EXPECT_EQ(bash(controller, "SUPERSPAN_ENDPOINT=unix:/nowhere.sock superspan __complete policy show '' 2>&1").out, "");
}

}  // namespace
}  // namespace superspan::cli
