// SPDX-License-Identifier: Apache-2.0
// For tests: the beginnings that most transcripts of a session share.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "openflow/session_script.h"

namespace superspan::openflow {

// The script is the whole transcript: nothing more may happen, nothing less, and not at another time.
inline void expect_script(Script& script, const std::string& text) {
  const std::string wanted = text.substr(text.find_first_not_of('\n'));
  EXPECT_EQ(script.play(text), wanted);
}

inline constexpr const char* kReady13 = R"(
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

inline constexpr const char* kReady10 = R"(
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

// Two flows of a transaction, the bundle closed but not yet committed.
inline constexpr const char* kTwoInABundle = R"(
0.1 * send 2
0.1 > bundle open
0.1 > flow_mod in_port=1
0.1 > flow_mod in_port=2
0.1 > bundle close
)";

// A script that begins when the handshake with a switch of OpenFlow 1.3 is done.
struct ReadyScript : Script {
  explicit ReadyScript(const SessionOptions& options = {}) : Script(options) { expect_script(*this, kReady13); }
};

// The same with a plain switch of OpenFlow 1.0.
struct ReadyScript10 : Script {
  ReadyScript10() {
    peer.version = 1;
    expect_script(*this, kReady10);
  }
};

}  // namespace superspan::openflow
