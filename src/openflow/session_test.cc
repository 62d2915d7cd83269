// SPDX-License-Identifier: Apache-2.0
// A session at work: echoes, dumps, ports, packets, limits, and its end.
#include "openflow/session.h"

#include <gtest/gtest.h>

#include "openflow/random_flow.h"
#include "openflow/session_transcripts.h"

namespace superspan::openflow {
namespace {

TEST(Session, AnEchoEverySecondAndThreeMissesAreTheEnd) {
  ReadyScript script;
  expect_script(script, R"(
1.0 > OFPT_ECHO_REQUEST
1.1 < echo_reply
2.0 > OFPT_ECHO_REQUEST
2.1 < echo_reply
3.0 > OFPT_ECHO_REQUEST
4.0 > OFPT_ECHO_REQUEST
5.0 > OFPT_ECHO_REQUEST
6.0 ! closed: the switch did not answer 3 echo requests
)");
}

TEST(Session, TheSwitchMayAskForEchoesToo) {
  ReadyScript script;
  expect_script(script, R"(
0.5 < echo_request
0.5 > echo_reply
)");
}

TEST(Session, ADumpIsPutTogetherFromItsParts) {
  ReadyScript script;
  expect_script(script, R"(
0.1 * dump
0.1 > OFPST_FLOW request
0.1 < flows 3 more
0.2 < flows 2 more
0.3 < flows 0
0.3 ! dump 1 5 flows
0.3 < flows 1
)");
  EXPECT_EQ(script.session.counters().unexpected_replies, 1U);
}

TEST(Session, ADumpThatNeverEndsIsStopped) {
  SessionOptions options;
  options.limits.dumped_flows = 4;
  ReadyScript script(options);
  expect_script(script, R"(
0.1 * dump
0.1 > OFPST_FLOW request
0.1 < flows 3 more
0.1 < flows 3 more
0.1 ! dump 1 the switch reports more than we take
)");
}

TEST(Session, WhatIsPendingEndsWithTheSession) {
  SessionOptions options;
  options.request_timeout = std::chrono::seconds(2);
  options.echo_misses_busy = 3;
  ReadyScript script(options);
  expect_script(script, R"(
0.1 * send 1
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > bundle close
0.1 * dump
0.1 > OFPST_FLOW request
1.0 > OFPT_ECHO_REQUEST
1.0 < echo_reply
2.0 > OFPT_ECHO_REQUEST
2.0 < echo_reply
2.1 ! transaction 1 did nothing: the switch did not answer a request
2.1 ! dump 2 the switch did not answer a request
2.1 ! closed: the switch did not answer a request
2.2 * dump
2.2 ! refused: the switch is not connected
)");
}

TEST(Session, PortsAreKeptCurrent) {
  ReadyScript script;
  expect_script(script, R"(
0.1 < port_status add 3
0.1 ! port eth3 added
0.2 < port_status down 3
0.2 ! port eth3 changed, link down
0.3 < port_status delete 1
0.3 ! port eth1 deleted
)");
  ASSERT_EQ(script.session.info().ports.size(), 2U);
  EXPECT_TRUE(script.session.info().ports[1].link_down);
}

TEST(Session, UnknownAndUnaskedMessagesAreCounted) {
  ReadyScript script;
  expect_script(script, R"(
0.1 < unknown
0.1 < barrier
0.1 < features 9
0.1 < error OFPBRC_BAD_TYPE to nothing
0.1 ! error OFPBRC_BAD_TYPE about 
)");
  EXPECT_EQ(script.session.counters().unknown_messages, 1U);
  EXPECT_EQ(script.session.counters().unexpected_replies, 2U);
  EXPECT_EQ(script.session.info().datapath, 7U);
}

TEST(Session, FiveHundredPacketsASecondAndNoMore) {
  ReadyScript script;
  std::string flood;
  for (int packet = 0; packet < 700; ++packet) flood += "0.1 < packet_in\n";
  script.play(flood);
  EXPECT_EQ(script.session.counters().packet_ins, 700U);
  EXPECT_EQ(script.session.counters().packet_ins_dropped, 200U);
  EXPECT_EQ(script.play("0.3 < packet_in\n"), "0.3 < packet_in\n0.3 ! packet from port 3\n");
}

TEST(Session, APeerThatAsksButDoesNotReadIsCutOff) {
  SessionOptions options;
  options.limits.reply_bytes = 100;
  Session session(options, base::SteadyTime{});
  FakeSwitch peer;
  const auto no_xid = [](const std::string&) { return Xid{0}; };
  session.receive(peer.say("hello 1 4", no_xid), base::SteadyTime{});
  for (int count = 0; count < 100; ++count) session.receive(peer.say("echo_request", no_xid), base::SteadyTime{});
  EXPECT_TRUE(session.closed());
}

TEST(Session, AnyBytesAtAnyTimeDoNotCrash) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 300; ++round) {
    Script script;
    script.play(kReady13);
    ASSERT_TRUE(script.session.ready());
    ASSERT_TRUE(script.session.dump_flows());
    for (int count = 0; count < 20; ++count) {
      base::Bytes bytes(8 + random() % 200);
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
      bytes[0] = std::byte{4};
      bytes[1] = static_cast<std::byte>(random() % 36);
      bytes[2] = std::byte{0};
      bytes[3] = static_cast<std::byte>(bytes.size());
      script.session.receive(bytes, base::SteadyTime{});
    }
  }
}

}  // namespace
}  // namespace superspan::openflow
