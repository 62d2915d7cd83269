// SPDX-License-Identifier: Apache-2.0
// Flows on their way: bundles, barriers, and errors that belong to one of them.
#include "openflow/session.h"

#include <gtest/gtest.h>

#include "openflow/session_transcripts.h"

namespace superspan::openflow {
namespace {

TEST(Session, ABundleIsCommittedWhenTheCloseReplyShowsNoError) {
  ReadyScript script;
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
  ReadyScript script;
  expect_script(script, kTwoInABundle);
  expect_script(script, R"(
0.2 < error OFPBMC_BAD_FIELD to flow_mod in_port=2
0.2 < bundle close 2
0.2 > bundle discard
0.3 < bundle discard 2
0.3 ! transaction 1 did nothing: 1 of 2 changes failed; the first: OFPBMC_BAD_FIELD: add table=0,priority=0,cookie=0x0,in_port=2,actions=drop
)");
}

TEST(Session, ACommitThatFailsNamesTheModAndChangesNothing) {
  ReadyScript script;
  expect_script(script, kTwoInABundle);
  expect_script(script, R"(
0.1 < bundle close 2
0.1 > bundle commit
0.2 < error OFPFMFC_TABLE_FULL to flow_mod in_port=1
0.2 < error OFPBFC_MSG_FAILED to bundle commit
0.2 ! transaction 1 did nothing: 1 of 2 changes failed; the first: OFPFMFC_TABLE_FULL: add table=0,priority=0,cookie=0x0,in_port=1,actions=drop
)");
}

// A switch without room for one more bundle refuses all that follows, too.
TEST(Session, ABundleThatIsNotOpenedBlamesNoMod) {
  ReadyScript script;
  expect_script(script, kTwoInABundle);
  expect_script(script, R"(
0.2 < error OFPBFC_OUT_OF_BUNDLES to bundle open
0.2 < error OFPBFC_BAD_ID to flow_mod in_port=1
0.2 < error OFPBFC_BAD_ID to flow_mod in_port=2
0.2 < error OFPBFC_BAD_ID to bundle close
0.2 > bundle discard
0.3 < error OFPBFC_BAD_ID to bundle discard
0.3 ! transaction 1 did nothing: the switch refuses the transaction: type 17 code 5
)");
}

TEST(Session, TransactionsWaitForEachOther) {
  ReadyScript script;
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
  ReadyScript10 script;
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
  ReadyScript script;
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
  ReadyScript10 plain;
  expect_script(plain, R"(
0.1 * impossible
0.1 ! transaction 1 did nothing: 1 of 2 changes failed; the first: there is no port 4294901760: add table=0,priority=0,cookie=0x0,actions=output:4294901760
)");
  ReadyScript bundled;
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
  ReadyScript script;
  expect_script(script, R"(
0.1 * send 0
0.1 ! transaction 1 ok
)");
}

}  // namespace
}  // namespace superspan::openflow
