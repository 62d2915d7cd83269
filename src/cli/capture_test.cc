// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <future>
#include <iterator>
#include <thread>

#include "cli/fake_controller.h"
#include "recorder/pcapng.h"
#include "recorder/pcapng_reader.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Stream = FakeController::Stream;

std::string text_of(base::BytesView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

// A UDP packet from 10.0.0.1:1234 to 10.0.0.2:53 without payload.
base::Bytes dns_frame() {
  base::ByteWriter frame;
  for (const unsigned byte : {2, 0,  0,  0,    0,    2,  2, 0, 0, 0,  0, 1, 8, 0, 0x45, 0, 0,  28, 0, 0, 0,
                              0, 64, 17, 0x66, 0xcf, 10, 0, 0, 1, 10, 0, 0, 2, 4, 0xd2, 0, 53, 0,  8, 0, 0}) {
    frame.u8(static_cast<std::uint8_t>(byte));
  }
  return frame.take();
}

// The parts of a node's stream.
std::string head() {
  recorder::PcapngWriter writer;
  writer.section("policy: dns", "superspan");
  static_cast<void>(writer.interface({.name = "leaf1", .description = "", .filter = "", .snaplen = 0}));
  return text_of(writer.view());
}

std::string packets(std::size_t count) {
  recorder::PcapngWriter writer;
  const base::Bytes frame = dns_frame();
  for (std::size_t index = 0; index < count; ++index) {
    writer.packet({.interface = 0,
                   .time = base::WallTime(std::chrono::seconds(1'700'000'000 + index)),
                   .original_length = static_cast<std::uint32_t>(frame.size()),
                   .comment = {},
                   .bytes = frame});
  }
  return text_of(writer.view());
}

std::string statistics(std::uint64_t dropped) {
  recorder::PcapngWriter writer;
  writer.statistics({.interface = 0, .start = {}, .end = {}, .os_dropped = dropped, .comment = {}});
  return text_of(writer.view());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t packets_in(const std::string& file) {
  const auto contents = recorder::read_pcapng(std::as_bytes(std::span(file)));
  EXPECT_TRUE(contents);
  EXPECT_EQ(contents->whole_blocks_bytes, file.size());
  return contents->packets.size();
}

// A pipe whose reading end a test may read or close.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }
  std::string read_all() {
    close_writer();
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t count = 0; (count = ::read(ends_[0], chunk.data(), chunk.size())) > 0;) {
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(std::exchange(ends_[end], -1));
  }
  std::array<int, 2> ends_{-1, -1};
};

TEST(Capture, WritesTheStreamToAFileAndTakesThePolicyAway) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(3).substr(0, 50));
    stream->write(packets(3).substr(50) + statistics(2));
    stream->finish();
  };
  const auto file = controller.file("dns.pcapng");
  const Outcome outcome =
      run_command(controller,
                  {"capture", "udp", "port", "53", "-w", file, "-c", "3", "--from", "leaf1,leaf2", "--duration", "1m",
                   "--reason", "slow names", "--ticket", "OPS-1", "--snaplen", "64"},
                  {.environment = {{"USER", "alice"}}});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "3 packets, 126 bytes, 2 dropped\n");
  EXPECT_EQ(read_file(file), head() + packets(3) + statistics(2));
  EXPECT_TRUE(controller.policies().empty());

  const boost::json::value asked = controller.last_put();
  const std::string name = asked.at("name").as_string().c_str();
  EXPECT_TRUE(name.starts_with("capture-") && name.size() == 14) << name;
  EXPECT_EQ(boost::json::serialize(asked),
            R"({"name":")" + name +
                R"(","expression":"udp port 53","taps":["leaf1","leaf2"],"tools":[],"record":false,"stream":true,)"
                R"("limits":{"duration_s":60,"packets":3,"bytes":0},"owner":"alice","reason":"slow names",)"
                R"("ticket":"OPS-1","snaplen":64})");
}

TEST(Capture, WritesToAPipeAndIsBoundedByDefault) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(1));
    stream->finish();
  };
  Pipe pipe;
  const Outcome outcome = run_command(controller, {"capture", "udp port 53", "-w", "-"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(pipe.read_all(), head() + packets(1));
  EXPECT_EQ(controller.last_put().at("limits").at("duration_s"), 900);
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

TEST(Capture, EndsInOrderOnInterrupt) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(2));
    kill(getpid(), SIGINT);
  };
  controller.on_removed = [](const Stream& stream) {
    stream->write(packets(1) + statistics(0));
    stream->finish();
  };
  const auto file = controller.file("dns.pcapng");
  const Outcome outcome = run_command(controller, {"capture", "udp port 53", "-w", file, "--name", "mine"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "3 packets, 126 bytes, 0 dropped\n");
  EXPECT_EQ(read_file(file), head() + packets(2) + packets(1) + statistics(0));
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Capture, EndsInPeaceWhenTheReaderOfThePipeLeaves) {
  for (const bool traffic : {true, false}) {
    FakeController controller;
    Pipe pipe;
    controller.on_stream = [&](const Stream& stream) {
      pipe.close_reader();
      stream->write(head() + (traffic ? packets(1) : std::string()));
    };
    const Outcome outcome = run_command(controller, {"capture", "udp port 53"}, {.out_fd = pipe.writer()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(controller.policies().empty());
  }
}

TEST(Capture, SaysWhenTheNodeBreaksOffAndKeepsWhatCameBefore) {
  FakeController controller;
  controller.on_stream = [&](const Stream& stream) {
    stream->write(head() + packets(2) + packets(1).substr(0, 20));
    stream->on_drained([&controller, stream] { controller.post([stream] { stream->abort(); }); });
  };
  const auto file = controller.file("dns.pcapng");
  const Outcome outcome = run_command(controller, {"capture", "udp port 53", "-w", file, "--name", "dns"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.err,
            "2 packets, 84 bytes, 0 dropped\n"
            "dns: the stream from the node broke off after 2 packets\n"
            "hint: what came before is whole, in " +
                file.string() + "; `superspan nodes` shows whether the node is back\n");
  EXPECT_EQ(packets_in(read_file(file)), 2U);
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Capture, RefusesAStreamThatIsNoPcapng) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write("<html>this is not the node</html>");
    stream->finish();
  };
  Pipe pipe;
  const Outcome outcome = run_command(controller, {"capture", "udp port 53"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("the stream is not pcapng")) << outcome.err;
  EXPECT_TRUE(controller.policies().empty());
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

TEST(Capture, NeverTouchesAPolicyThatExists) {
  FakeController controller;
  controller.add_policy("web", {{"name", "web"}});
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "web", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "--name: a policy 'web' exists already\nhint: choose another --name, or leave it away\n");
  EXPECT_EQ(controller.policies(), std::vector<std::string>{"web"});
}

TEST(Capture, OpensItsFileBeforeItAsksForPackets) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"capture", "tcp", "-w", controller.file("no/such/file")});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.err.contains("No such file or directory")) << outcome.err;
  EXPECT_TRUE(controller.requests().empty());
}

TEST(Capture, KeepsBinaryPacketsOffTheTerminal) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"capture", "tcp", "-w", "-"}, {.out_is_tty = true});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("would garble the terminal")) << outcome.err;
}

TEST(Capture, WatchesTheCountersOfAToolPort) {
  FakeController controller;
  controller.state = "ended";
  controller.answer("GET /v1/nodes", R"([{"name": "node1"}])");
  controller.answer("GET /v1/policies/v/stats",
                    R"({"policy": "v", "hops": [
                        {"switch": "filter1", "stage": "filter", "packets": 7, "bytes": 700},
                        {"switch": "one", "stage": "filter+delivery", "packets": 5, "bytes": 500}], "nodes": []})");
  const Outcome outcome = run_command(controller, {"capture", "vlan", "100", "--to", "ids1", "--name", "v"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "5 packets, 500 bytes, 0 dropped\n");
  EXPECT_EQ(controller.last_put().at("stream"), false);
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Capture, HasNothingToWriteWhenOnlyToolPortsGetThePackets) {
  FakeController controller;
  controller.answer("GET /v1/nodes", R"([{"name": "node1"}])");
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--to", "ids1", "-w", "-"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("add a node to --to")) << outcome.err;
}

TEST(Capture, StreamsFromANodeThatItNames) {
  FakeController controller;
  controller.answer("GET /v1/nodes", R"([{"name": "node1"}])");
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(1));
    stream->finish();
  };
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--to", "ids1,node1", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "1 packets, 42 bytes, 0 dropped\n");
  EXPECT_EQ(boost::json::serialize(controller.last_put().at("tools")), R"(["ids1","node1"])");
}

TEST(Capture, NamesTheOptionThatTheControllerRefuses) {
  FakeController controller;
  controller.answer("GET /v1/nodes", R"([{"name": "node1"}])");
  controller.answer(
      "PUT /v1/policies/x",
      base::Error{
          base::ErrorCode::kInvalid, "the fabric has no tool 'isd1'", "GET /v1/tools lists them", "/tools/0", {}});
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--name", "x", "--to", "isd1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "--to: the fabric has no tool 'isd1'\nhint: `superspan tools` lists them\n");
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
  controller.answer("GET /v1/nodes", R"({"nodes": []})");
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

TEST(Capture, DrawsProgressOnlyForAPerson) {
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(2));
    stream->finish();
  };
  const Outcome outcome =
      run_command(controller, {"capture", "udp", "--name", "x", "-w", controller.file("x")}, {.err_is_tty = true});
  EXPECT_EQ(outcome.err,
            "capturing as x on any tap, for 15m at most; Ctrl-C ends it\n\r2 packets, 84 B, 0s\x1b[K\r\x1b[K2 packets, "
            "84 bytes, 0 dropped\n");
}

TEST(Capture, PrintsLinesAsTcpdumpDoes) {
  if (access("/usr/bin/tcpdump", X_OK) != 0 && access("/usr/sbin/tcpdump", X_OK) != 0) {
    GTEST_SKIP() << "tcpdump is not installed";
  }
  FakeController controller;
  controller.on_stream = [](const Stream& stream) {
    stream->write(head() + packets(2) + statistics(0));
    stream->finish();
  };
  Pipe pipe;
  const Outcome outcome =
      run_command(controller, {"capture", "udp port 53"}, {.out_fd = pipe.writer(), .out_is_tty = true});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string lines = pipe.read_all();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
  EXPECT_TRUE(lines.contains("IP 10.0.0.1.1234 > 10.0.0.2.53:")) << lines;
}

// --- a controller that dies meanwhile; the node lives ---

// Sends the reader of the stream to another server.
void send_to(FakeController& controller, const FakeController& node, const std::string& name) {
  controller.answer("GET /v1/health", "{}");
  controller.answer("GET /v1/policies/" + name + "/stream", R"({"endpoint": ")" + node.endpoint() +
                                                                R"(", "path": "/v1/streams/)" + name +
                                                                R"(", "token": ")" + http::test::kToken + "\"}");
}

TEST(Capture, SaysWhenTheControllerDiesAndWhatBecomesOfThePolicy) {
  auto controller = std::make_unique<FakeController>();
  FakeController node;
  send_to(*controller, node, "mine");
  const std::string endpoint = controller->endpoint();
  std::promise<Stream> opened;
  node.on_stream = [&](const Stream& stream) {
    stream->write(head() + packets(1));
    opened.set_value(stream);
  };
  test::WatchedText err;
  std::thread fate([&] {
    const Stream stream = opened.get_future().get();
    controller.reset();
    EXPECT_TRUE(err.wait_for("does not answer")) << err.text();
    stream->write(packets(1) + statistics(0));
    stream->finish();
  });
  const auto file = node.file("mine.pcapng");
  const Outcome outcome =
      run_command(*controller, {"capture", "udp", "-w", file, "--name", "mine", "--duration", "10m"}, {.err = &err});
  fate.join();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(packets_in(read_file(file)), 2U);
  EXPECT_TRUE(
      err.text().starts_with("superspand at " + endpoint +
                             " does not answer; the capture goes on, policy 'mine' ends by its own limit within "))
      << err.text();
  EXPECT_TRUE(err.text().contains("\n2 packets, 84 bytes, 0 dropped\n")) << err.text();
  EXPECT_TRUE(err.text().contains("\npolicy 'mine' could not be removed: ")) << err.text();
  EXPECT_TRUE(err.text().contains("hint: it ends by its own limit within ")) << err.text();
  EXPECT_TRUE(err.text().ends_with("; `superspan policy delete mine` ends it as soon as superspand answers\n"))
      << err.text();
}

TEST(Capture, EndsAtOnceOnInterruptWhenTheControllerIsDead) {
  auto controller = std::make_unique<FakeController>();
  FakeController node;
  send_to(*controller, node, "mine");
  std::promise<Stream> opened;
  node.on_stream = [&](const Stream& stream) {
    stream->write(head() + packets(1));
    opened.set_value(stream);
  };
  test::WatchedText err;
  std::thread fate([&] {
    const Stream stream = opened.get_future().get();
    controller.reset();
    EXPECT_TRUE(err.wait_for("does not answer")) << err.text();
    kill(getpid(), SIGINT);
  });
  const auto file = node.file("mine.pcapng");
  const Outcome outcome = run_command(*controller, {"capture", "udp", "-w", file, "--name", "mine"}, {.err = &err});
  fate.join();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(packets_in(read_file(file)), 1U);
  EXPECT_TRUE(err.text().contains("policy 'mine' could not be removed")) << err.text();
}

TEST(Capture, GoesOnCountingWhenTheControllerIsBack) {
  auto controller = std::make_unique<FakeController>();
  controller->answer("GET /v1/nodes", R"({"nodes": []})");
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
