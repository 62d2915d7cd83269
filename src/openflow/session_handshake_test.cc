// SPDX-License-Identifier: Apache-2.0
// From the first byte to SessionReady, or to the reason why not.
#include "openflow/session.h"

#include <gtest/gtest.h>

#include "openflow/session_transcripts.h"

namespace superspan::openflow {
namespace {

TEST(Session, AHandshakeAsksOneQuestionAfterTheOther) {
  ReadyScript script;
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
  ReadyScript10 script;
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

}  // namespace
}  // namespace superspan::openflow
