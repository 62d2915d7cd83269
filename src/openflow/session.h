// SPDX-License-Identifier: Apache-2.0
// One OpenFlow connection to one switch as a state machine without I/O: bytes and time in, bytes and events out.
// The owner moves the bytes (server.h does that), calls tick() at least every 100 ms, and drains events and output.
//
//   accepted -> kHello -> kFeatures -> kDescription -> kPorts -> kTables -> kConfig -> kRole -> kBundles -> kReady
//                                          any failure, or three silent seconds: -> kClosed
//
// Requests are accepted in kReady. Each gets a RequestId, and exactly one event later says how it ended (also when the
// session closes). Transactions run one after the other; everything else runs beside them: who wants to read what a
// transaction wrote waits for its end. Not thread-safe. Nothing that the peer sends can crash it or make it grow beyond
// SessionLimits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "openflow/flow.h"
#include "openflow/message.h"

namespace superspan::openflow {

// What a peer may make us hold or do. An OpenFlow message has at most 64 KiB by its header.
struct SessionLimits {
  std::size_t multipart_bytes = 64 << 20;
  std::size_t dumped_flows = 100'000;
  std::size_t ports = 8192;
  std::size_t transaction_mods = 100'000;
  std::size_t transactions = 64;       // waiting or under way
  std::size_t reply_bytes = 1 << 20;   // output that the peer asked for (echo replies) and does not read
  unsigned packet_ins_a_second = 500;  // the rest is dropped and counted
  unsigned errors_a_second = 100;      // unasked-for errors reported as events; the rest is only counted
  std::size_t failed_mods = 100;       // reported a transaction; the rest is only counted
};

struct SessionOptions {
  std::vector<Version> versions = {Version::k10, Version::k13, Version::k14, Version::k15};
  Role role = Role::kEqual;
  std::uint64_t generation_id = 0;  // for kMaster and kSlave: the term; a switch refuses an older one
  bool match_fragments = true;      // ask Open vSwitch for frags=nx-match; other switches keep their default
  base::Duration echo_interval = std::chrono::seconds(1);
  unsigned echo_misses = 3;
  unsigned echo_misses_busy = 15;  // while the switch works on a transaction
  base::Duration handshake_timeout = std::chrono::seconds(10);
  base::Duration request_timeout = std::chrono::seconds(60);  // without any answer to a request
  SessionLimits limits;
};

// Applied in this order: groups (kAdd, kModify), flows, groups (kDelete).
struct Transaction {
  std::vector<FlowMod> flows;
  std::vector<GroupMod> groups;
  // All or nothing, in a bundle where the switch has them. false: each mod takes effect as it arrives, about twice as
  // fast on Open vSwitch; when some fail, the others stay.
  bool atomic = true;
};

using RequestId = std::uint64_t;

struct FailedMod {
  bool is_group = false;
  std::size_t index = 0;  // into Transaction::flows or ::groups
  std::string mod;        // the mod in ovs-ofctl's words
  std::string error;      // "OFPBMC_BAD_PREREQ", or why it cannot be encoded
};
struct TransactionResult {
  std::vector<FailedMod> failed;  // the first SessionLimits::failed_mods
  std::size_t failed_count = 0;
  std::optional<base::Error> error;  // set whenever not all was applied
  bool applied_nothing = false;      // meaningful with error: the switch is as it was before
  [[nodiscard]] bool ok() const { return !error; }
};

// --- events ---
struct SessionReady {  // once; see Session::info()
};
struct SessionClosed {  // last event; write the remaining output, then close the connection
  base::Error reason;
};
struct TransactionDone {
  RequestId request;
  TransactionResult result;
};
struct FlowsDumped {
  RequestId request;
  base::Result<std::vector<FlowStatistics>> flows;
};
struct PortStatisticsDone {
  RequestId request;
  base::Result<std::vector<PortStatistics>> ports;
};
struct TableStatisticsDone {
  RequestId request;
  base::Result<std::vector<TableStatistics>> tables;
};
struct SwitchError {  // an error that belongs to none of the requests above
  std::string error;  // "OFPBRC_BAD_TYPE"
  std::string about;  // the message that caused it, if we sent it: "packet-out", "set-config"
};
using Event = std::variant<SessionReady, SessionClosed, TransactionDone, FlowsDumped, PortStatisticsDone,
                           TableStatisticsDone, PortChange, PacketIn, FlowRemoved, SwitchError>;

struct SessionCounters {
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t flow_mods_sent = 0;
  std::uint64_t unknown_messages = 0;  // of a type that we do not use
  std::uint64_t malformed_messages = 0;
  std::uint64_t unexpected_replies = 0;  // to nothing that we asked
  std::uint64_t errors_received = 0;
  std::uint64_t packet_ins = 0;
  std::uint64_t packet_ins_dropped = 0;  // over packet_ins_a_second
};

class Session {
 public:
  // Output already holds our hello.
  Session(SessionOptions options, base::SteadyTime now);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  void receive(base::BytesView bytes, base::SteadyTime now);
  void tick(base::SteadyTime now);
  // The connection ended below us (or the owner ends it): pending requests end with `reason`.
  void close(base::Error reason);

  // Appends output to `out` until it has grown by about `budget` bytes; flow-mods are encoded here, as late as
  // possible, so a transaction of any size costs no more memory than its values. Call again while has_output().
  void produce(base::Bytes& out, std::size_t budget);
  [[nodiscard]] bool has_output() const;

  // Events since the last call, oldest first.
  [[nodiscard]] std::vector<Event> take_events();

  // --- only when ready(); else, and beyond the limits, an error and no event follows ---
  [[nodiscard]] base::Result<RequestId> send(Transaction transaction);
  [[nodiscard]] base::Result<RequestId> dump_flows(const CookieFilter& only = {});
  [[nodiscard]] base::Result<RequestId> port_statistics();
  [[nodiscard]] base::Result<RequestId> table_statistics();
  [[nodiscard]] base::Status packet_out(const PacketOut& packet);  // an error of the switch comes as SwitchError

  [[nodiscard]] bool ready() const;
  [[nodiscard]] bool closed() const;
  [[nodiscard]] const SwitchInfo& info() const;  // datapath valid from kFeatures on, all when ready; ports kept current
  [[nodiscard]] const SessionCounters& counters() const;
  [[nodiscard]] const char* state_name() const;  // "hello", "ready", ...

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace superspan::openflow
