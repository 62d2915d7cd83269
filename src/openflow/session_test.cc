// SPDX-License-Identifier: Apache-2.0
#include "openflow/session.h"

#include <gtest/gtest.h>

#include "openflow/random_flow.h"
#include "openflow/session_script.h"

namespace superspan::openflow {
namespace {

// The script is the whole transcript: nothing more may happen, nothing less, and not at another time.
void expect_script(Script& script, const std::string& text) {
  const std::string wanted = text.substr(text.find_first_not_of('\n'));
  EXPECT_EQ(script.play(text), wanted);
}

constexpr const char* kReady13 = R"(
0.0 > hello 1 4 5 6
0.0 < hello 1 4
0.0 > OFPT_FEATURES_REQUEST
0.0 < features 7
0.0 > OFPST_DESC request
0.0 < description Open vSwitch
0.0 > OFPST_PORT_DESC request
0.0 < ports 2 1
0.0 > OFPST_TABLE_FEATURES request
0.0 < error OFPBRC_BAD_STAT to OFPST_TABLE_FEATURES request
0.0 > OFPT_SET_CONFIG
0.0 > OFPT_GET_CONFIG_REQUEST
0.0 < config 3
0.0 > OFPT_ROLE_REQUEST
0.0 < role equal
0.0 > bundle open
0.0 < bundle open 1
0.0 > bundle discard
0.0 < bundle discard 1
0.0 ! ready
)";

constexpr const char* kReady10 = R"(
0.0 > hello 1 4 5 6
0.0 < hello 1
0.0 > OFPT_FEATURES_REQUEST
0.0 < features 7
0.0 > OFPST_DESC request
0.0 < description Some switch
0.0 > OFPT_SET_CONFIG
0.0 > OFPT_GET_CONFIG_REQUEST
0.0 < config 0
0.0 > OFPT_ROLE_REQUEST
0.0 < error OFPBRC_BAD_VENDOR to OFPT_ROLE_REQUEST
0.0 ! ready
)";

TEST(Session, AHandshakeAsksOneQuestionAfterTheOther) {
  Script script;
  expect_script(script, kReady13);
  const SwitchInfo& info = script.session.info();
  EXPECT_EQ(info.version, Version::k13);
  EXPECT_EQ(info.datapath, 7U);
  EXPECT_EQ(info.hardware, "Open vSwitch");
  ASSERT_EQ(info.ports.size(), 2U);
  EXPECT_EQ(info.ports[0].name, "eth1");
  EXPECT_TRUE(info.bundles);
  EXPECT_TRUE(info.matches_fragments);
}

TEST(Session, TheSameHandshakeByteByByte) {
  Script script;
  EXPECT_EQ(script.play(kReady13, 1), std::string(kReady13).substr(1));
  EXPECT_TRUE(script.session.ready());
}

TEST(Session, APlainOpenFlow10SwitchHasNeitherExtensionsNorBundles) {
  Script script;
  script.peer.version = 1;
  expect_script(script, kReady10);
  EXPECT_FALSE(script.session.info().nicira);
  EXPECT_FALSE(script.session.info().bundles);
  EXPECT_FALSE(script.session.info().matches_fragments);
  EXPECT_EQ(script.session.info().ports.size(), 1U);
}

TEST(Session, OpenVswitchIn10IsToldToTakeTableIds) {
  Script script;
  script.peer.version = 1;
  expect_script(script, R"(
0.0 > hello 1 4 5 6
0.0 < hello 1
0.0 > OFPT_FEATURES_REQUEST
0.0 < features 7
0.0 > OFPST_DESC request
0.0 < description Open vSwitch
0.0 > OFPT_SET_CONFIG
0.0 > OFPT_GET_CONFIG_REQUEST
0.0 < config 3
0.0 > OFPT_ROLE_REQUEST
0.0 < role equal
0.0 > NXT_FLOW_MOD_TABLE_ID
0.0 ! ready
)");
  EXPECT_TRUE(script.session.info().nicira);
}

TEST(Session, NoCommonVersionIsSaidToTheSwitchAndToUs) {
  SessionOptions options;
  options.versions = {Version::k14};
  Script script(options);
  expect_script(script, R"(
0.0 > hello 5
0.0 < hello 1 4
0.0 > error OFPHFC_INCOMPATIBLE: superspan speaks OpenFlow 1.4; the switch offers none of them
0.0 ! closed: superspan speaks OpenFlow 1.4; the switch offers none of them
)");
}

TEST(Session, AHelloWithoutABitmapMeansTheLowerVersionNotAnyBelow) {
  Script script;
  expect_script(script, R"(
0.0 > hello 1 4 5 6
0.0 < hello 3
0.0 > error OFPHFC_INCOMPATIBLE: superspan speaks OpenFlow 1.0, OpenFlow 1.3, OpenFlow 1.4, OpenFlow 1.5; the switch offers none of them
0.0 ! closed: superspan speaks OpenFlow 1.0, OpenFlow 1.3, OpenFlow 1.4, OpenFlow 1.5; the switch offers none of them
)");
}

TEST(Session, AnOldTermIsFencedByTheSwitch) {
  SessionOptions options;
  options.role = Role::kMaster;
  options.generation_id = 3;
  Script script(options);
  std::string text = kReady13;
  text = text.substr(0, text.find("0.0 < role")) + R"(0.0 < error OFPRRFC_STALE to OFPT_ROLE_REQUEST
0.0 ! closed: the switch refuses us role master: OFPRRFC_STALE
)";
  expect_script(script, text);
}

TEST(Session, AnAuxiliaryConnectionIsRefused) {
  Script script;
  expect_script(script, R"(
0.0 > hello 1 4 5 6
0.0 < hello 1 4
0.0 > OFPT_FEATURES_REQUEST
0.0 < features 7 1
0.0 ! closed: auxiliary connections are not used
)");
}

TEST(Session, ASwitchThatStopsInTheHandshakeIsGivenTenSeconds) {
  SessionOptions options;
  options.echo_misses = 100;
  Script script(options);
  script.play("0.0 < hello 1 4\n9.9 <  unknown\n");
  EXPECT_FALSE(script.session.closed());
  EXPECT_EQ(script.play("10.0 < unknown\n"), "10.0 ! closed: no answer in state features\n10.0 < unknown\n");
}

TEST(Session, GarbageIsNotOpenFlow) {
  Script script;
  expect_script(script, R"(
0.0 > hello 1 4 5 6
0.0 < hex 47 45 00 04
0.0 < hex 48 54 54 50
0.0 ! closed: the peer does not speak OpenFlow: a message of 4 bytes
)");
  Script echo_first;
  expect_script(echo_first, R"(
0.0 > hello 1 4 5 6
0.0 < echo_request
0.0 ! closed: the peer's first message is not a hello
)");
}

TEST(Session, AnEchoEverySecondAndThreeMissesAreTheEnd) {
  Script script;
  expect_script(script, kReady13);
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
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.5 < echo_request
0.5 > echo_reply
)");
}

TEST(Session, ABundleIsCommittedWhenTheCloseReplyShowsNoError) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send 3
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > flow_mod in_port=3
0.1 > bundle close
0.1 < bundle open 2
0.2 < bundle close 2
0.2 > bundle commit
0.3 < bundle commit 2
0.3 ! transaction 1 ok
)");
}

TEST(Session, AnErrorAboutOneModDiscardsTheBundle) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send 2
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > bundle close
0.2 < error OFPBMC_BAD_FIELD to flow_mod in_port=2
0.2 < bundle close 2
0.2 > bundle discard
0.3 < bundle discard 2
0.3 ! transaction 1 did nothing: 1 of 2 changes failed; the first: OFPBMC_BAD_FIELD: add table=0,priority=0,cookie=0x0,in_port=2,actions=drop
)");
}

TEST(Session, ACommitThatFailsNamesTheModAndChangesNothing) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send 2
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > bundle close
0.1 < bundle close 2
0.1 > bundle commit
0.2 < error OFPFMFC_TABLE_FULL to flow_mod in_port=1
0.2 < error OFPBFC_MSG_FAILED to bundle commit
0.2 ! transaction 1 did nothing: 1 of 2 changes failed; the first: OFPFMFC_TABLE_FULL: add table=0,priority=0,cookie=0x0,in_port=1,actions=drop
)");
}

TEST(Session, TransactionsWaitForEachOther) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send 1
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > bundle close
0.1 * send 1
0.2 < bundle close 2
0.2 > bundle commit
0.3 < bundle commit 2
0.3 > bundle open
0.3 > flow_mod in_port=1
0.3 > bundle close
0.3 ! transaction 1 ok
0.4 < bundle close 2
0.4 > bundle commit
0.5 < bundle commit 2
0.5 ! transaction 2 ok
)");
}

TEST(Session, WithoutBundlesABarrierEndsTheTransactionAndErrorsNameTheirMod) {
  Script script;
  script.peer.version = 1;
  expect_script(script, kReady10);
  expect_script(script, R"(
0.1 * send 2
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > OFPT_BARRIER_REQUEST
0.2 < barrier
0.2 ! transaction 1 ok
0.3 * send 2
0.3 > flow_mod in_port=1
0.3 > flow_mod in_port=2
0.3 > OFPT_BARRIER_REQUEST
0.4 < error OFPBRC_BAD_TYPE to flow_mod in_port=2
0.4 < barrier
0.4 ! transaction 2 failed: 1 of 2 changes failed; the first: OFPBRC_BAD_TYPE: add table=0,priority=0,cookie=0x0,in_port=2,actions=drop
)");
}

TEST(Session, ATransactionThatNeedNotBeAtomicGoesWithoutABundle) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send_plain 2
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > OFPT_BARRIER_REQUEST
0.2 < barrier
0.2 ! transaction 1 ok
)");
}

TEST(Session, WhatCannotBeEncodedIsNeverHalfSent) {
  Script plain;
  plain.peer.version = 1;
  expect_script(plain, kReady10);
  expect_script(plain, R"(
0.1 * impossible
0.1 ! transaction 1 did nothing: 1 of 2 changes failed; the first: there is no port 4294901760: add table=0,priority=0,cookie=0x0,actions=output:4294901760
)");
  Script bundled;
  expect_script(bundled, kReady13);
  expect_script(bundled, R"(
0.1 * impossible
0.1 > bundle open
0.1 > flow_mod 
0.1 > bundle close
0.1 < bundle close 2
0.1 > bundle discard
0.1 < bundle discard 2
0.1 ! transaction 1 did nothing: 1 of 2 changes failed; the first: there is no port 4294901760: add table=0,priority=0,cookie=0x0,actions=output:4294901760
)");
}

TEST(Session, AnEmptyTransactionIsDoneAtOnce) {
  Script script;
  expect_script(script, kReady13);
  expect_script(script, R"(
0.1 * send 0
0.1 ! transaction 1 ok
)");
}

TEST(Session, ADumpIsPutTogetherFromItsParts) {
  Script script;
  expect_script(script, kReady13);
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
  Script script(options);
  expect_script(script, kReady13);
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
  Script script(options);
  expect_script(script, kReady13);
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
  Script script;
  expect_script(script, kReady13);
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
  Script script;
  expect_script(script, kReady13);
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
  Script script;
  expect_script(script, kReady13);
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
  std::mt19937_64 random(test_seed());
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
