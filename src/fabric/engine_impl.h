// SPDX-License-Identifier: Apache-2.0
// The inside of the commit engine; engine.h says what it does. Each part has its file: engine_commit.cc the steps,
// engine_switches.cc switch sessions and flows, engine_nodes.cc nodes, engine_counters.cc counters and limits.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fabric/audit.h"
#include "fabric/engine.h"
#include "fabric/planner.h"
#include "fabric/reconcile.h"
#include "fabric/sending.h"

namespace superspan::fabric {

struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// What a dump is for. A part of an audit only looks.
enum class Reads : std::uint8_t { kAll, kPart, kCounters };

struct SwitchRecord {
  SwitchState state = SwitchState::kAbsent;
  std::string why;
  std::shared_ptr<const DesiredFlows> desired;  // what it shall hold now
  std::shared_ptr<const DesiredFlows> applied;  // what it was last known to hold; nothing: unknown, installed says
  std::set<std::uint32_t> may_hold;             // policies in what was sent since the last confirmation, and in that
  base::SteadyTime serves_since{};              // when `applied` became known
  InstalledFlows installed;                     // as dumped, plus what was sent since
  struct Transaction {
    std::uint64_t id = 0;
    std::shared_ptr<const DesiredFlows> target;
    std::vector<openflow::FlowMod> mods;
    base::SteadyTime asked_at{};
  };
  std::optional<Transaction> sending;
  struct Dump {
    std::uint64_t id = 0;
    Reads reads = Reads::kAll;
    openflow::CookieFilter part;
    std::uint64_t sent = 0;  // `transactions` when it was asked for
  };
  std::optional<Dump> dumping;
  std::optional<std::uint64_t> counting;      // the dump of the last counters of removed policies
  bool counted = false;                       // it has come
  base::SteadyTime polled{};                  // when the last dump but a part was asked for
  base::SteadyTime audited{};                 // when the last dump that audits was asked for
  std::vector<openflow::CookieFilter> parts;  // that this round of audits has still to read
  base::Duration part_pause{};                // before the next of them
  base::SteadyTime retry_at{};
  unsigned failures = 0;  // since it connected or last confirmed anything
  std::uint64_t transactions = 0;
  std::uint64_t mods = 0;
  std::uint64_t repaired_flows = 0;
  std::map<std::uint32_t, Traffic> hops;   // by policy number, since this engine first saw the flows
  std::map<std::uint32_t, Traffic> taken;  // from the switch's taps

  [[nodiscard]] bool in_force() const { return state == SwitchState::kSynced && applied == desired; }
  // It forwards by a version that it confirmed, so also while the next one is sent.
  [[nodiscard]] bool serves() const {
    return applied && (state == SwitchState::kSynced || state == SwitchState::kSending);
  }
  void confirm(std::shared_ptr<const DesiredFlows> version, base::SteadyTime now) {
    if (!applied) serves_since = now;
    applied = std::move(version);
    may_hold = applied->policies();
    failures = 0;
  }
  [[nodiscard]] bool has_another_try() const { return state == SwitchState::kWaiting && failures == 1; }
  // A step of a commit waits for it.
  [[nodiscard]] bool busy() const {
    return state == SwitchState::kDumping || state == SwitchState::kSending || has_another_try();
  }
};

struct NodeRecord {
  bool up = false;
  AssignNode asked;
  std::map<std::uint32_t, std::uint64_t> since;  // policy number -> first revision with what is asked of it now
  std::set<std::uint32_t> may_hold;              // policies in what was asked since it last answered, and in that
  std::uint64_t applied_revision = 0;
  base::SteadyTime retry_at{};
  bool refused = false;
  [[nodiscard]] bool holds(std::uint32_t number) const { return up && may_hold.contains(number); }
  // It does what is asked of it for the policy, so also while it hears of others.
  [[nodiscard]] bool serves(std::uint32_t number) const {
    const auto found = since.find(number);
    return up && found != since.end() && applied_revision >= found->second;
  }
};

class Engine::Impl {
 public:
  Impl(std::shared_ptr<const Topology> topology, EngineOptions options);

  // --- engine.cc ---
  [[nodiscard]] base::Result<CheckedSet> check(PolicySet set) const;
  [[nodiscard]] Plan plan(const CheckedSet& set) const;
  [[nodiscard]] Commands set_policies(CheckedSet set, Now now);
  [[nodiscard]] Commands tick(Now now);
  [[nodiscard]] std::vector<PolicyView> policies() const;
  [[nodiscard]] std::vector<SwitchView> switches() const;
  [[nodiscard]] std::vector<NodeView> nodes() const;
  [[nodiscard]] std::vector<Held> held() const;

  // --- engine_switches.cc ---
  [[nodiscard]] Commands switch_ready(const openflow::SwitchInfo& info, Now now);
  [[nodiscard]] Commands switch_down(openflow::DatapathId datapath, const std::string& why, Now now);
  [[nodiscard]] Commands flows_dumped(openflow::DatapathId datapath, std::uint64_t id,
                                      base::Result<std::vector<openflow::FlowStatistics>> flows, Now now);
  [[nodiscard]] Commands transaction_done(openflow::DatapathId datapath, std::uint64_t id,
                                          const openflow::TransactionResult& result, Now now);
  [[nodiscard]] const SwitchRecord* find(openflow::DatapathId datapath) const;

  // --- engine_nodes.cc ---
  [[nodiscard]] Commands node_up(const std::string& name, Now now);
  [[nodiscard]] Commands node_down(const std::string& name, Now now);
  [[nodiscard]] Commands node_applied(const std::string& name, std::uint64_t revision, const base::Status& status,
                                      Now now);

  const std::shared_ptr<const Topology> topology;
  std::uint32_t epoch = 0;

  // The steps of a commit, in order; engine.h explains them.
  enum class Step { kIdle, kPrepare, kFlip, kDrain, kCount, kCollect };
  Step step = Step::kIdle;

 private:
  using Policies = std::vector<PlacedPolicy>;
  using Numbers = std::set<std::uint32_t>;

  // --- engine_commit.cc ---
  void start_commit();
  void enter(Step next);
  void advance();  // goes on as far as nothing has to be waited for
  [[nodiscard]] bool step_done() const;
  void finish_commit();
  void prepare();
  void flip();
  void collect();
  [[nodiscard]] Wanted version(const Policies& classified, const Policies& routed_too, std::uint32_t at_epoch);
  void want(SwitchIndex at, const Wanted& wanted);
  void fail_policies(const Numbers& numbers, const std::string& words);
  void forget_gone();
  void release_bits();
  [[nodiscard]] bool wanted_somewhere(std::uint32_t number) const;
  [[nodiscard]] base::Status check_slots(const Policies& placed) const;
  [[nodiscard]] bool adds() const;
  [[nodiscard]] bool removes() const;
  [[nodiscard]] Policies target() const;  // asked, without the failed ones
  [[nodiscard]] std::string name_of(std::uint32_t number) const;

  // --- engine_switches.cc ---
  void pursue(SwitchIndex at);  // sends what the switch still lacks, if it can take it now
  void dump(SwitchIndex at, Reads reads);
  void look_at_part(SwitchIndex at, const openflow::CookieFilter& part,
                    base::Result<std::vector<openflow::FlowStatistics>> flows, bool overtaken);
  [[nodiscard]] static openflow::CookieFilter next_part(SwitchRecord& record);
  void synced(SwitchIndex at, InstalledFlows dumped);
  [[nodiscard]] openflow::CookieFilter counting_flows() const;
  void poll(SwitchIndex at);
  void retry_later(SwitchIndex at, const std::string& why);
  void audit(SwitchIndex at, InstalledFlows found);
  [[nodiscard]] Numbers blamed(const SwitchRecord::Transaction& sent, const openflow::TransactionResult& result) const;

  // --- engine_nodes.cc ---
  void assign(const Policies& kept, const Policies& added);
  [[nodiscard]] bool nodes_answered() const;
  void ask(NodeRecord& node);

  // --- engine_counters.cc ---
  void count(SwitchRecord& record, const InstalledFlows& dumped, const openflow::CookieFilter& part);
  void leave_to_common_count(const SwitchRecord& record, InstalledFlows& part) const;
  static void keep_uncounted(const SwitchRecord& record, InstalledFlows& dumped);
  // Of the policies that the commit under way removes:
  void read_last_counters();
  void tell_last_counters();
  void check_limits();
  [[nodiscard]] static bool counts_at_taps(const PlacedPolicy& policy);
  [[nodiscard]] Traffic taken(std::uint32_t number) const;
  [[nodiscard]] std::vector<HopCounter> hops_of(const WantedPolicy& policy) const;
  [[nodiscard]] std::string stage_of(const Hop& hop, const WantedPolicy& policy, SwitchIndex at) const;

  // --- engine.cc ---
  struct Wait {
    std::string text;  // empty: for nothing
    bool moving = false;
  };
  struct Standing {
    PolicyState state = PolicyState::kPending;
    std::string why;
    bool moving = false;
  };
  [[nodiscard]] Standing standing_of(const PlacedPolicy& policy) const;
  [[nodiscard]] Wait waits_for(const PlacedPolicy& policy) const;
  [[nodiscard]] Wait waits_for(const SwitchRecord& record, SwitchIndex at) const;
  [[nodiscard]] Wait waits_for_commit() const;
  [[nodiscard]] Wait waits_for(const std::string& node, std::uint32_t policy) const;
  [[nodiscard]] const WantedPolicy* steady(std::uint32_t number) const;
  void note_states();
  void emit(Event::Kind kind, const std::string& policy, const std::string& place, const std::string& text);
  [[nodiscard]] Commands finish();  // every input ends with it

  EngineOptions options_;
  mutable Planner planner_;  // only remembers
  Now now_{};
  Commands out_;

  PolicySet asked_set_;  // last one accepted
  Policies asked_;       // the same, placed
  std::vector<std::pair<std::string, std::string>> warnings_;
  std::map<std::uint32_t, Slot> held_;                   // by number; engine.h, Held
  std::map<std::uint32_t, base::SteadyTime> committed_;  // when the policies of current_ were
  std::map<std::uint32_t, std::string> failed_;          // number -> the switch's words
  bool changed_ = false;  // asked differs from what the commit under way (or in force) is for

  Policies current_;  // in force
  Policies next_;     // being committed
  std::uint32_t current_epoch_ = 0;
  base::SteadyTime entered_{};  // the step
  base::SteadyTime step_until_{};
  base::SteadyTime drained_{};      // when the drain step may end if changes wait
  bool lag_over_ = false;           // when the last counters were read
  std::set<SwitchIndex> prepared_;  // switches that the prepare step of the commit under way touched
  Wanted steady_;                   // of current_, or of next_ from kCollect on

  std::vector<SwitchRecord> records_;
  std::map<std::string, NodeRecord> nodes_;
  std::uint64_t next_transaction_ = 1;
  std::uint64_t next_dump_ = 1;
  std::uint64_t next_revision_ = 1;
  std::map<std::uint32_t, PolicyState> noted_;
  std::set<std::uint32_t> limits_reported_;
};

}  // namespace superspan::fabric
