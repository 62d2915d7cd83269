// SPDX-License-Identifier: Apache-2.0
// What a capture writes and prints, and how it ends.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "cli/capture_testing.h"

namespace superspan::cli {
namespace {

using test::FakeController;
using test::Outcome;
using test::run_command;
using Stream = FakeController::Stream;
using namespace test::capture;

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
  controller.on_stream = sends(head() + packets(1));
  Pipe pipe;
  const Outcome outcome = run_command(controller, {"capture", "udp port 53", "-w", "-"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(pipe.read_all(), head() + packets(1));
  EXPECT_EQ(controller.last_put().at("limits").at("duration_s"), 900);
}

TEST(Capture, StreamsFromANodeThatItNames) {
  FakeController controller;
  controller.on_stream = sends(head() + packets(1));
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--to", "ids1,node1", "-w", controller.file("x")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "1 packets, 42 bytes, 0 dropped\n");
  EXPECT_EQ(boost::json::serialize(controller.last_put().at("tools")), R"(["ids1","node1"])");
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
  controller.on_stream = sends("<html>this is not the node</html>");
  Pipe pipe;
  const Outcome outcome = run_command(controller, {"capture", "udp port 53"}, {.out_fd = pipe.writer()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("the stream is not pcapng")) << outcome.err;
  EXPECT_TRUE(controller.policies().empty());
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

TEST(Capture, HasNothingToWriteWhenOnlyToolPortsGetThePackets) {
  FakeController controller;
  const Outcome outcome = run_command(controller, {"capture", "tcp", "--to", "ids1", "-w", "-"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("add a node to --to")) << outcome.err;
}

TEST(Capture, WatchesTheCountersOfAToolPort) {
  FakeController controller;
  controller.state = "ended";
  controller.answer("GET /v1/policies/v/stats",
                    R"({"policy": "v", "hops": [
                        {"switch": "filter1", "stage": "filter", "packets": 7, "bytes": 700},
                        {"switch": "one", "stage": "filter+delivery", "packets": 5, "bytes": 500}], "nodes": []})");
  controller.last_hops = {{{"switch", "filter1"}, {"stage", "filter"}, {"packets", 8}, {"bytes", 800}},
                          {{"switch", "one"}, {"stage", "filter+delivery"}, {"packets", 6}, {"bytes", 600}}};
  const Outcome outcome = run_command(controller, {"capture", "vlan", "100", "--to", "ids1", "--name", "v"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "6 packets, 600 bytes, 0 dropped\n") << "read after its last packet";
  EXPECT_EQ(controller.last_put().at("stream"), false);
  EXPECT_TRUE(controller.policies().empty());
}

TEST(Capture, DrawsProgressOnlyForAPerson) {
  FakeController controller;
  controller.on_stream = sends(head() + packets(2));
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
  controller.on_stream = sends(head() + packets(2) + statistics(0));
  Pipe pipe;
  const Outcome outcome =
      run_command(controller, {"capture", "udp port 53"}, {.out_fd = pipe.writer(), .out_is_tty = true});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string lines = pipe.read_all();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
  EXPECT_TRUE(lines.contains("IP 10.0.0.1.1234 > 10.0.0.2.53:")) << lines;
}

}  // namespace
}  // namespace superspan::cli
