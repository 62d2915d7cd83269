// SPDX-License-Identifier: Apache-2.0
// The program as a shell meets it: pipes, signals, completion.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "cli/fake_controller.h"
#include "recorder/pcapng.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using Stream = FakeController::Stream;

struct Ran {
  int code = 0;
  std::string out;
};

void name_controller(const FakeController& controller) {
  setenv("SUPERSPAN_ENDPOINT", controller.endpoint().c_str(), 1);
  setenv("SUPERSPAN_TOKEN_FILE", controller.token_file().c_str(), 1);
}

// Runs a line in bash with the program in PATH; standard error goes where the line sends it.
Ran bash(const FakeController& controller, const std::string& line) {
  name_controller(controller);
  setenv("SUPERSPAN_LINE", line.c_str(), 1);
  FILE* pipe = popen("PATH=" SUPERSPAN_BIN_DIR ":$PATH exec bash --norc -c \"$SUPERSPAN_LINE\"", "r");
  Ran ran;
  std::array<char, 4096> chunk{};
  for (std::size_t count = 0; (count = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    ran.out.append(chunk.data(), count);
  }
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

// The program as the only one on a terminal of its own, where Ctrl-C is a key.
class OnTerminal {
 public:
  OnTerminal(const FakeController& controller, std::vector<std::string> words) {
    name_controller(controller);
    words.insert(words.begin(), SUPERSPAN_BIN_DIR "/superspan");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }

  // Everything up to now, as soon as `text` has been printed `times` times.
  bool wait_for(const std::string& text, int times = 1) {
    while (count(text) < times && read_more()) {
    }
    return count(text) >= times;
  }
  void type(const std::string& keys) const {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Reads until nobody has the terminal open any more.
  int exit_code() {
    while (read_more()) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] int count(const std::string& text) const {
    int found = 0;
    for (std::size_t at = 0; (at = out_.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }

 private:
  // False at the end, or if nothing comes for very long.
  bool read_more() {
    constexpr int kPatience_ms = 60'000;
    pollfd query{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (::poll(&query, 1, kPatience_ms) != 1) return false;
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(terminal_, chunk.data(), chunk.size());
    if (got > 0) out_.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int terminal_ = -1;
  pid_t pid_ = 0;
  std::string out_;
};

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
  OnTerminal program(controller, {"capture", "udp", "port", "53"});
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
  const std::array<std::pair<std::string, std::string>, 17> cases{{
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
  std::string endpoint;
  FakeController controller;
  EXPECT_EQ(bash(controller, "SUPERSPAN_ENDPOINT=unix:/nowhere.sock superspan __complete policy show '' 2>&1").out, "");
}

}  // namespace
}  // namespace superspan::cli
