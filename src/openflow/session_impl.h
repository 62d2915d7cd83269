// SPDX-License-Identifier: Apache-2.0
// The inside of Session, for session*.cc only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "openflow/codec.h"
#include "openflow/session.h"

namespace superspan::openflow {

// At most `rate` a second, in bursts of at most `rate`.
class TokenBucket {
 public:
  explicit TokenBucket(unsigned rate) : rate_(rate), tokens_(rate) {}
  bool take(base::SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - last_).count();
    if (seconds > 0) tokens_ = std::min<double>(rate_, tokens_ + seconds * rate_);
    last_ = std::max(last_, now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double rate_;
  double tokens_;
  base::SteadyTime last_;
};

enum class State : std::uint8_t {
  kHello,        // our hello is out; waits for the peer's hello, which decides the version
  kFeatures,     // waits for the features reply: the datapath id (in 1.0 also the ports)
  kDescription,  // waits for the description reply; an error is taken as "says nothing"
  kPorts,        // 1.3+: waits for the last part of the port descriptions
  kTables,       // 1.3+: waits for the last part of the table features; an error is taken as "says nothing"
  kConfig,       // set-config is out; waits for the get-config reply that shows what is in force
  kRole,         // waits for the role reply; in 1.0 an error means: no Nicira extensions
  kBundles,      // 1.3+: opens and discards an empty bundle; an error means: no bundles
  kReady,        // serves requests
  kClosed,       // only output may remain
};

// A transaction, first waiting, then under way. Its messages have consecutive xids:
//   first                  bundle open (bundled only)
//   first + 1 + k          mod k, in the order of mod_at()
//   first + 1 + count      bundle close, or the barrier
//   first + 2 + count      bundle commit
//   first + 3 + count      bundle discard
struct RunningTransaction {
  enum class Phase : std::uint8_t {
    kWaiting,       // another transaction is under way
    kWriting,       // produce() encodes; errors may come back already
    kAwaitClose,    // all is out; the close reply comes after all errors about single mods
    kAwaitCommit,   // the commit reply or error ends it
    kAwaitDiscard,  // some mod failed; the discard reply or error ends it
    kAwaitBarrier,  // without bundles: the barrier reply comes after all errors
  };

  RequestId request = 0;
  Transaction mods;
  std::vector<std::size_t> groups_before;  // indices into mods.groups
  std::vector<std::size_t> groups_after;
  bool bundled = false;
  Phase phase = Phase::kWaiting;
  Xid first = 0;
  std::size_t written = 0;  // mods
  base::Bytes encoded;      // checked_first(): all mods
  std::size_t encoded_sent = 0;
  base::SteadyTime last_progress;
  TransactionResult result;

  [[nodiscard]] std::size_t count() const { return mods.flows.size() + mods.groups.size(); }
  [[nodiscard]] bool owns(Xid xid) const { return phase != Phase::kWaiting && xid - first < count() + 4; }
  // All or nothing is asked for and there are no bundles: everything is encoded before anything is sent.
  [[nodiscard]] bool checked_first() const { return !bundled && mods.atomic; }
  // Is it a group, and its index.
  [[nodiscard]] std::pair<bool, std::size_t> mod_at(std::size_t position) const;
};

// A request that is answered by a multipart reply.
struct PendingDump {
  RequestId request = 0;
  base::SteadyTime last_progress;
  std::size_t received_bytes = 0;
  std::variant<std::vector<FlowStatistics>, std::vector<PortStatistics>, std::vector<TableStatistics>> items;
};

class Session::Impl {
 public:
  Impl(SessionOptions options, base::SteadyTime now);

  void receive(base::BytesView bytes, base::SteadyTime now);
  void tick(base::SteadyTime now);
  void close(base::Error reason);
  void produce(base::Bytes& out, std::size_t budget);
  [[nodiscard]] bool has_output() const;

  base::Result<RequestId> send(Transaction transaction);
  using DumpRequest = std::function<void(Encoder&, base::Bytes&, Xid)>;
  template <typename Items>
  base::Result<RequestId> dump(const DumpRequest& request);
  base::Status packet_out(const PacketOut& packet);

  std::vector<Event> events;
  SwitchInfo info;
  SessionCounters counters;
  State state = State::kHello;

 private:
  // session.cc
  void receive_message(const Header& header, base::BytesView bytes);
  void dispatch(Message message);
  void fail_malformed(const Header& header, const base::Error& error);
  void on_error(const Header& header, const ErrorReply& error);
  void on_port_change(const PortChange& change);
  void tick_echo();
  base::Bytes& control() {
    ++counters.messages_sent;
    return output_;
  }
  Xid next_xid(std::size_t count = 1);

  // session_handshake.cc
  void on_hello(const Header& header, const Hello& hello);
  void negotiate_failed(Version version, const std::string& text);
  void on_features(FeaturesReply reply);
  void on_description(const DescriptionReply& reply);
  void on_ports(PortsReply reply);
  void on_tables(TableFeaturesReply reply);
  void on_config(const ConfigReply& reply);
  void on_role(const RoleReply& reply);
  void on_bundle_probe(const BundleReply& reply);
  void on_handshake_error(const ErrorReply& error);
  void enter(State next);

  // session_requests.cc
  void start_next_transaction();
  void encode_plain(RunningTransaction& running);
  void write(base::Bytes& out, std::size_t budget);
  // True when the last mod is out.
  [[nodiscard]] static bool write_encoded(RunningTransaction& running, base::Bytes& out, std::size_t budget);
  [[nodiscard]] bool write_mods(RunningTransaction& running, base::Bytes& out, std::size_t budget);
  base::Status encode_mod(RunningTransaction& running, std::size_t position, base::Bytes& out);
  void note_failed(RunningTransaction& running, std::size_t position, std::string error);
  void on_transaction_reply(const Header& header, const Body& body);
  void on_transaction_error(Xid xid, const std::string& name);
  void settle_bundle();
  void finish_transaction();
  template <typename Reply>
  void on_dump_reply(const Header& header, Reply reply);
  void fail_dump(Xid xid, base::Error error);
  void tick_requests();
  void abandon_requests(const base::Error& reason);

  SessionOptions options_;
  base::SteadyTime now_;
  base::SteadyTime started_;
  base::SteadyTime last_heard_;
  base::SteadyTime last_echo_;
  unsigned echo_misses_ = 0;
  Xid next_xid_ = 1;
  Xid awaited_ = 0;          // handshake: the reply that the state waits for
  bool negotiated_ = false;  // encoder_ speaks the version of both
  Encoder encoder_{Version::k10, false};
  Decoder decoder_;
  base::Bytes input_;   // the front of a message
  base::Bytes output_;  // everything but mods
  TokenBucket packet_ins_;
  TokenBucket errors_;
  RequestId next_request_ = 1;
  std::deque<RunningTransaction> transactions_;  // the first is under way
  std::map<Xid, PendingDump> dumps_;
  std::deque<std::pair<Xid, const char*>> notes_;  // what the latest other messages were
};

}  // namespace superspan::openflow
