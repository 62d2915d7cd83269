// SPDX-License-Identifier: Apache-2.0
#include "node/node.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>

#include "node/io/memory_input.h"
#include "node/status.h"
#include "node/testing.h"
#include "recorder/memory_disk.h"
#include "recorder/pcapng_reader.h"

namespace superspan::node {
namespace {

using test::assignment;
using test::fabric_frame;
using test::policy;
using test::recorded;
using test::udp_frame;

// A node without threads: the test says when each of them has its turn.
class NodeTest : public ::testing::Test {
 protected:
  NodeTest() : node_({.name = "node1", .buffers = {}, .recorder = {}}, input_, disk_, clock_) {
    clock_.advance(std::chrono::hours(24));
  }
  void apply(const Assignment& wanted) {
    const auto status = node_.apply(wanted);
    ASSERT_TRUE(status) << base::render(status.error());
  }
  void receive(const base::Bytes& frame) {
    input_.add(frame);
    while (node_.worker().poll()) {
    }
  }
  void settle() {
    node_.tick();
    while (node_.recorder().poll()) {
    }
  }
  void wait(base::Duration time) {
    clock_.advance(time);
    settle();
  }
  recorder::PcapngContents file(const std::string& beginning) {
    settle();
    for (const auto& [name, bytes] : disk_.files) {
      if (!name.starts_with(beginning)) continue;
      auto contents = recorder::read_pcapng(bytes);
      EXPECT_TRUE(contents) << base::render(contents.error());
      return *contents;
    }
    ADD_FAILURE() << "no file " << beginning;
    return {};
  }

  base::ManualClock clock_;
  MemoryInput input_;
  recorder::MemoryDisk disk_;
  Node node_;
};

TEST_F(NodeTest, RecordsTheCopiesOfAPolicyWithOneInterfaceATap) {
  apply(assignment({recorded("web", 0)}));
  receive(fabric_frame(udp_frame(1, 2, 300), {.tap = 2}));
  receive(fabric_frame(udp_frame(3, 4, 60), {.tap = 1}));
  receive(fabric_frame(udp_frame(5, 6, 60), {.bits = 2}));
  const auto contents = file("web-19700102T000000.000Z-00001.pcapng");
  ASSERT_EQ(contents.packets.size(), 2U);
  EXPECT_EQ(contents.interfaces.at(contents.packets[0].interface).name, "leaf2-spine1");
  EXPECT_EQ(contents.interfaces.at(contents.packets[1].interface).description, "leaf1 uplink");
  EXPECT_EQ(contents.packets[1].time, clock_.wall() + std::chrono::nanoseconds(1)) << "later than the one before";
  const base::Bytes original = udp_frame(1, 2, 300);
  EXPECT_EQ(base::Bytes(contents.packets[0].bytes.begin(), contents.packets[0].bytes.end()), original);
  EXPECT_EQ(contents.packets[0].time, clock_.wall());
}

TEST_F(NodeTest, SameAssignmentTwiceChangesNothing) {
  apply(assignment({recorded("web", 0)}));
  receive(fabric_frame(udp_frame(1, 2)));
  Assignment again = assignment({recorded("web", 0)}, 2);
  again.policies[0].from_epoch = 8;
  apply(again);
  receive(fabric_frame(udp_frame(1, 2), {.epoch = 8}));
  wait(std::chrono::seconds(1));
  EXPECT_EQ(disk_.files.size(), 1U);
  EXPECT_EQ(file("web-").packets.size(), 2U);
  EXPECT_EQ(node_.report().applied, 2U);
}

TEST_F(NodeTest, LateCopiesCountForTwoHundredMilliseconds) {
  apply(assignment({recorded("web", 0)}));
  apply(assignment({}, 2));
  wait(std::chrono::milliseconds(199));
  receive(fabric_frame(udp_frame(1, 2)));
  wait(std::chrono::milliseconds(1));
  receive(fabric_frame(udp_frame(1, 2)));
  const auto contents = file("web-");
  EXPECT_EQ(contents.packets.size(), 1U);
  ASSERT_EQ(contents.statistics.size(), 2U) << "the file is closed";
  EXPECT_EQ(contents.statistics[0].received, 1U);
  EXPECT_EQ(node_.report().frames->unknown_policy.get(), 1U);
}

TEST_F(NodeTest, PolicyThatComesBackWithinItsGraceGoesOnInTheSameFile) {
  apply(assignment({recorded("web", 0)}));
  apply(assignment({}, 2));
  wait(std::chrono::milliseconds(100));
  apply(assignment({recorded("web", 0)}, 3));
  wait(std::chrono::seconds(1));
  receive(fabric_frame(udp_frame(1, 2)));
  EXPECT_EQ(disk_.files.size(), 1U);
  EXPECT_EQ(file("web-").packets.size(), 1U);
}

TEST_F(NodeTest, ChangedPolicyGetsAFileOfItsOwnAndCopiesGoByEpoch) {
  apply(assignment({recorded("web", 0)}));
  AssignedPolicy changed = recorded("web", 0);
  changed.expression = changed.residual = "udp port 2";
  changed.from_epoch = 8;
  clock_.advance(std::chrono::milliseconds(5));
  apply(assignment({changed}, 2));
  receive(fabric_frame(udp_frame(1, 99), {.epoch = 7}));
  receive(fabric_frame(udp_frame(1, 99), {.epoch = 8}));
  receive(fabric_frame(udp_frame(1, 2), {.epoch = 8}));
  wait(std::chrono::seconds(1));
  EXPECT_EQ(file("web-19700102T000000.000Z").packets.size(), 1U);
  EXPECT_EQ(file("web-19700102T000000.005Z").packets.size(), 1U);
}

TEST_F(NodeTest, ResidualThatDoesNotCompileLeavesEverythingAsItWas) {
  apply(assignment({recorded("web", 0)}));
  AssignedPolicy broken = policy("broken", 1);
  broken.residual = "tcp prot 80";
  const auto status = node_.apply(assignment({broken}, 2));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(status.error().message.substr(0, 16), "policy 'broken':");
  wait(std::chrono::seconds(1));
  receive(fabric_frame(udp_frame(1, 2)));
  EXPECT_EQ(file("web-").packets.size(), 1U);
  EXPECT_EQ(node_.report().applied, 1U);
}

TEST_F(NodeTest, AssignmentThatWasOvertakenIsRefusedAndChangesNothing) {
  apply(assignment({recorded("web", 0)}, 2));
  const auto status = node_.apply(assignment({}, 1));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::ErrorCode::kConflict);
  wait(std::chrono::seconds(1));
  receive(fabric_frame(udp_frame(1, 2)));
  EXPECT_EQ(file("web-").packets.size(), 1U);
  EXPECT_EQ(node_.report().applied, 2U);
}

TEST_F(NodeTest, RestartedControllerBeginsAtRevisionOneAndTheFileGoesOn) {
  apply(assignment({recorded("web", 0)}, 900));
  Assignment restarted = assignment({recorded("web", 0)}, 1);
  restarted.controller = "controller2";
  apply(restarted);
  EXPECT_FALSE(node_.apply(assignment({}, 901))) << "a late one of the controller that is gone";
  wait(std::chrono::seconds(1));
  receive(fabric_frame(udp_frame(1, 2)));
  EXPECT_EQ(file("web-").packets.size(), 1U);
  EXPECT_EQ(node_.report().applied, 1U);
  EXPECT_EQ(node_.report().controller, "controller2");
}

TEST_F(NodeTest, LimitClosesTheFileAtOnceAndIsReported) {
  AssignedPolicy limited = recorded("web", 0);
  limited.limit_packets = 2;
  apply(assignment({limited}));
  for (int count = 0; count < 5; ++count) receive(fabric_frame(udp_frame(1, 2)));
  const auto contents = file("web-");
  EXPECT_EQ(contents.packets.size(), 2U);
  EXPECT_FALSE(contents.statistics.empty());
  EXPECT_EQ(node_.report().ended, std::vector<std::string>{"web"});
  apply(assignment({}, 2));
  EXPECT_TRUE(node_.report().ended.empty());
}

TEST_F(NodeTest, TapThatIsAssignedLaterGetsItsNameInTheOpenFile) {
  apply(assignment({recorded("web", 0)}));
  Assignment more = assignment({recorded("web", 0)}, 2);
  more.taps.push_back({3, "leaf3-spine1", ""});
  apply(more);
  receive(fabric_frame(udp_frame(1, 2), {.tap = 3}));
  receive(fabric_frame(udp_frame(1, 2), {.tap = 77}));
  const auto contents = file("web-");
  EXPECT_EQ(contents.interfaces.at(contents.packets.at(0).interface).name, "leaf3-spine1");
  EXPECT_EQ(contents.interfaces.at(contents.packets.at(1).interface).name, "tap-77");
}

TEST_F(NodeTest, FullDiskIsAProblemInTheReportAndNotTheEnd) {
  disk_.capacity_bytes = 500;
  apply(assignment({recorded("web", 0)}));
  receive(fabric_frame(udp_frame(1, 2, 1000)));
  settle();
  const NodeReport report = node_.report();
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].policy, "web");
  EXPECT_EQ(report.policies.at(0).run->counters.disk_full.get(), 1U);
}

TEST_F(NodeTest, ADiskProblemIsToldUntilRecordingWorksAgain) {
  apply(assignment({recorded("web", 0)}));
  disk_.write_fails = true;
  receive(fabric_frame(udp_frame(1, 2)));
  for (int reads = 0; reads < 3; ++reads) {
    wait(std::chrono::seconds(2));
    ASSERT_EQ(node_.report().problems.size(), 1U);
  }
  disk_.write_fails = false;
  wait(std::chrono::seconds(10));
  receive(fabric_frame(udp_frame(1, 2)));
  settle();
  EXPECT_TRUE(node_.report().problems.empty());
}

TEST_F(NodeTest, ADiskProblemAtTheEndIsToldAsLongAsThePolicyIs) {
  apply(assignment({recorded("web", 0), recorded("dns", 1)}));
  receive(fabric_frame(udp_frame(1, 2)));
  settle();
  disk_.write_fails = true;
  apply(assignment({recorded("dns", 1)}, 2));
  wait(std::chrono::milliseconds(200));
  for (int reads = 0; reads < 3; ++reads) {
    wait(std::chrono::seconds(2));
    const auto counters = counters_json(node_.report());
    EXPECT_TRUE(counters.at("policies").as_object().contains("web"));
    EXPECT_EQ(boost::json::serialize(counters.at("problems")), R"(["web: input/output error"])");
  }
  wait(std::chrono::seconds(10));
  EXPECT_FALSE(counters_json(node_.report()).at("policies").as_object().contains("web"));
  EXPECT_TRUE(node_.report().problems.empty());
}

TEST_F(NodeTest, CountersNameEveryPolicyAndKeepTheLastOnesForAWhile) {
  apply(assignment({recorded("web", 0), policy("dns", 1)}));
  receive(fabric_frame(udp_frame(1, 2), {.bits = 3}));
  settle();
  apply(assignment({policy("dns", 1)}, 2));
  wait(std::chrono::milliseconds(200));
  boost::json::object counters = counters_json(node_.report());
  const auto& web = counters.at("policies").as_object().at("web").as_object();
  EXPECT_EQ(web.at("received").to_number<int>(), 1);
  EXPECT_EQ(web.at("recorded").to_number<int>(), 1);
  EXPECT_TRUE(web.at("closed").as_bool());
  EXPECT_EQ(counters.at("frames").as_object().at("copies").to_number<int>(), 2);
  wait(std::chrono::seconds(10));
  counters = counters_json(node_.report());
  EXPECT_FALSE(counters.at("policies").as_object().contains("web"));
  EXPECT_TRUE(counters.at("policies").as_object().contains("dns"));
}

TEST_F(NodeTest, CaptureFileOfACoreLinkGoesTheSameWay) {
  recorder::PcapngWriter link;
  link.section("a core link", "test");
  link.interface({"core0", "", "", 0});
  for (const std::uint16_t port : {53, 80, 53}) {
    const base::Bytes frame = fabric_frame(udp_frame(1, port));
    link.packet({0, {}, static_cast<std::uint32_t>(frame.size()), 0, {}, frame});
  }
  const auto path = std::filesystem::temp_directory_path() / ("superspan-link-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char*>(static_cast<const void*>(link.view().data())),
             static_cast<std::streamsize>(link.view().size()));
  const auto frames = read_frames(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(frames) << base::render(frames.error());
  AssignedPolicy dns = recorded("dns", 0);
  dns.residual = "udp port 53";
  apply(assignment({dns}));
  for (const base::Bytes& frame : *frames) receive(frame);
  EXPECT_EQ(file("dns-").packets.size(), 2U);
  EXPECT_EQ(read_frames(path).error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace superspan::node
