// SPDX-License-Identifier: Apache-2.0
// The commit engine: brings policies into force on switches and nodes and keeps them there. No I/O: things that
// happened go in, commands come out. The caller carries the commands out in order and reports what became of them.
//
// A commit, from the set in force ("old") to the set asked for ("new"):
//   1. prepare   nodes get old and new policies, and switches that copies reach over links learn to route the new bits;
//                no packet carries them yet, so the order does not matter. Goes on when all that are up have answered
//                (a node: or after 2 s)
//   2. flip      the switches with taps classify by the new policies; what they do changes at once, or (sending.h)
//                flow by flow where every state on the way is right
//   3. count     when the copies under way have left (drain_time) and the switches have counted them (statistics_lag,
//                unless something is added too or changes wait), the last counters of removed policies are read
//   4. collect   the routes of removed policies go
//   5. nodes     nodes forget the removed policies
// Steps without changes are skipped. A set that is asked for meanwhile waits; only the latest one counts.
//
// A policy is active from settle_time after the last switch and node that it needs confirmed it, because a switch may
// answer before its packet path follows (Open vSwitch brings cached flows up to date some milliseconds later). It stays
// active while commits change other policies.
//
// A switch is a cache of the desired flows: when it (re)connects its flows are dumped and only the difference is sent.
//   absent -switch_ready-> dumping -flows_dumped-> sending -transaction_done-> synced
//                             ^------- failure, after a pause (waiting) ----'
// A step of a commit waits for a switch that failed until it has been read and sent the difference once more; if it
// fails again, the commit goes on without it, as without one that is away, and it is tried again with longer pauses.
// Until it confirms, its policies are pending, with its words.
// The counters of all synced switches are read at the same moment, each poll_interval, so that the hops of a policy can
// be compared; between commits, and while one waits for a switch. Between commits all flows are read as an audit: what
// differs is reported and repaired. Reading keeps a switch and the controller from their work for a while, so an audit
// comes each poll_interval but not sooner than 1 ms for each flow, and a large table is looked at in parts
// (fabric/audit.h) and read whole only when one differs. A switch that is away does not hold up the others; its
// policies stay pending until it is back.
//
// A policy whose flows a switch refuses becomes failed, with the switch's words, and is taken back everywhere; it stays
// failed until the caller leaves it out of the set or gives it another number.
// Limits: the engine reports LimitReached once a policy; the caller then makes a set without it.
//
// Not thread-safe. Time is what the caller says; steady times must not go backwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fabric/desired.h"
#include "fabric/placement.h"
#include "fabric/plan.h"
#include "fabric/policy.h"
#include "fabric/topology.h"
#include "openflow/session.h"

namespace superspan::fabric {

struct Now {
  base::SteadyTime steady;
  base::WallTime wall;
};

// --- commands ---
struct SendTransaction {
  openflow::DatapathId datapath = 0;
  std::uint64_t id = 0;  // give it back in transaction_done
  std::vector<openflow::FlowMod> mods;
  bool atomic = true;  // false: in this order, one by one; an error leaves those before it
};
struct DumpFlows {
  openflow::DatapathId datapath = 0;
  std::uint64_t id = 0;         // give it back in flows_dumped
  openflow::CookieFilter only;  // more flows do no harm
};
// The whole desired state of a node; PUT /v1/assignment of the node API.
struct AssignedTap {
  std::uint32_t id = 0;
  std::string name;
  std::string description;
  friend bool operator==(const AssignedTap&, const AssignedTap&) = default;
};
struct AssignNode {
  std::string node;
  std::uint64_t revision = 0;  // give it back in node_applied; grows while the engine lives
  std::uint32_t epoch = 0;
  std::vector<AssignedTap> taps;
  std::vector<std::shared_ptr<const Policy>> policies;  // by number
};
// For the event log; `kind` is stable, `text` is for people.
struct Event {
  enum class Kind : std::uint8_t {
    kPolicyActive,
    kPolicyPending,
    kPolicyFailed,  // text: the switch's words
    kLimitReached,  // text: "duration", "packets" or "bytes"
    kSwitchSynced,  // text: how many flows were sent
    kSwitchAbsent,
    kSwitchRepaired,  // an audit found missing, changed or foreign flows; text says how many and the first
    kSwitchRefused,   // a transaction failed; text: the switch's words
    kNodeUp,
    kNodeDown,
    kNodeRefused,  // its assignment; text: the node's words
  } kind = Kind::kPolicyActive;
  std::string policy;  // name, or empty
  std::string place;   // switch or node name, or empty
  std::string text;
};
struct HopCounter {
  std::string at;     // switch name
  std::string stage;  // "filter", "mux", "delivery"; several: "filter+delivery"
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // as the hop sees them: with the fabric header where there is one
};
// Of a policy that was taken away, read after its last copy. A filter's are not exact: what Open vSwitch has not yet
// counted when its flows change (up to statistics_lag) it counts for the flows that take over, so packets from before
// the policy are counted for it and its last ones are not. With VLAN encapsulation what came since the last reading is
// missing everywhere.
struct FinalCounters {
  std::uint32_t number = 0;
  std::vector<HopCounter> hops;  // filters first
  bool complete = false;         // every hop behind the filters was read when it had counted its last packet
};
using Command = std::variant<SendTransaction, DumpFlows, AssignNode, FinalCounters, Event>;
using Commands = std::vector<Command>;

[[nodiscard]] const char* to_string(Event::Kind kind);  // "policy-active"

// --- views ---
enum class PolicyState : std::uint8_t { kPending, kActive, kFailed };
[[nodiscard]] const char* to_string(PolicyState state);

struct PolicyView {
  std::string name;
  std::uint32_t number = 0;
  PolicyState state = PolicyState::kPending;
  std::string why;      // pending: what it waits for; failed: the switch's words
  bool moving = false;  // pending, and what it waits for is under way or tried again: nobody has to come back first
  std::vector<std::string> destinations;
  std::vector<std::string> warnings;  // from the plan
  std::vector<HopCounter> hops;       // filters first; counted since this engine first saw the flows
};

enum class SwitchState : std::uint8_t { kAbsent, kDumping, kSending, kSynced, kWaiting };
[[nodiscard]] const char* to_string(SwitchState state);

struct SwitchView {
  std::string name;
  openflow::DatapathId datapath = 0;
  SwitchState state = SwitchState::kAbsent;
  std::string why;  // the last failure, if not synced
  std::size_t desired_flows = 0;
  std::size_t installed_flows = 0;  // as last dumped
  std::uint64_t transactions = 0;   // since start
  std::uint64_t mods = 0;
  std::uint64_t repaired_flows = 0;  // found wrong by audits
};
struct NodeView {
  std::string name;
  bool up = false;
  std::uint64_t revision = 0;          // asked for
  std::uint64_t applied_revision = 0;  // in force
};

struct EngineOptions {
  base::Duration poll_interval = std::chrono::seconds(2);
  base::Duration node_timeout = std::chrono::seconds(2);
  base::Duration drain_time = std::chrono::milliseconds(200);
  base::Duration settle_time = std::chrono::milliseconds(100);
  base::Duration statistics_lag = std::chrono::milliseconds(600);  // Open vSwitch counts each 500 ms (max-revalidator)
  base::Duration count_timeout = std::chrono::seconds(1);          // for the last counters of removed policies
  base::Duration retry_time = std::chrono::seconds(1);             // doubled up to 30 s
};

// A set that can be brought into force, as the engine is now.
struct CheckedSet {
  PolicySet set;
  std::vector<PlacedPolicy> placed;                           // by number
  std::vector<std::pair<std::string, std::string>> warnings;  // policy name, text
};

class Engine {
 public:
  explicit Engine(std::shared_ptr<const Topology> topology, EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Whether the set can be brought into force. Errors name the policy in `place`: kInvalid (unknown tap or tool,
  // unmatchable in this fabric), kLimit (tables, rules, VLAN ids; a slot that another policy still holds).
  [[nodiscard]] base::Result<CheckedSet> check(PolicySet set) const;
  // What it would need.
  [[nodiscard]] Plan plan(const CheckedSet& set) const;

  // Starts (or queues) a commit of a set that was checked since the engine last heard anything. After a restart: call
  // it with the stored set before any switch_ready, and the switches get back exactly the flows that they have.
  [[nodiscard]] Commands set_policies(CheckedSet set, Now now);

  [[nodiscard]] Commands switch_ready(const openflow::SwitchInfo& info, Now now);
  [[nodiscard]] Commands switch_down(openflow::DatapathId datapath, const std::string& why, Now now);
  [[nodiscard]] Commands flows_dumped(openflow::DatapathId datapath, std::uint64_t id,
                                      base::Result<std::vector<openflow::FlowStatistics>> flows, Now now);
  [[nodiscard]] Commands transaction_done(openflow::DatapathId datapath, std::uint64_t id,
                                          const openflow::TransactionResult& result, Now now);

  [[nodiscard]] Commands node_up(const std::string& name, Now now);  // registered; again: send its assignment again
  [[nodiscard]] Commands node_down(const std::string& name, Now now);
  [[nodiscard]] Commands node_applied(const std::string& name, std::uint64_t revision, const base::Status& status,
                                      Now now);

  [[nodiscard]] Commands tick(Now now);  // at least every 100 ms

  // Policies whose bits some switch may still set or route, or some node take copies for: those asked for, and removed
  // ones that not all have confirmed to be gone. Their slots must not be given to others.
  struct Held {
    std::uint32_t number = 0;
    Slot slot;
    // Switches and nodes that have not confirmed its removal, because they were not asked for it yet, have not answered
    // or are away (nodes that are away are not waited for: they get a whole assignment when they come back). Empty
    // while it is asked for, and while a commit has yet to send it or to forget it.
    std::vector<std::string> holders;
    bool moving = false;  // nobody has to come back first
  };
  [[nodiscard]] std::vector<Held> held() const;  // by number

  [[nodiscard]] const Topology& topology() const;
  [[nodiscard]] std::uint32_t epoch() const;               // in force or being committed
  [[nodiscard]] bool idle() const;                         // no commit under way
  [[nodiscard]] std::vector<PolicyView> policies() const;  // sorted by name
  [[nodiscard]] std::vector<SwitchView> switches() const;  // in the file's order
  [[nodiscard]] std::vector<NodeView> nodes() const;
  // Sorted by key. Empty for an unknown datapath.
  [[nodiscard]] std::vector<openflow::Flow> desired(openflow::DatapathId datapath) const;
  [[nodiscard]] std::vector<openflow::FlowStatistics> installed(openflow::DatapathId datapath) const;
  [[nodiscard]] std::vector<openflow::FlowMod> difference(openflow::DatapathId datapath) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace superspan::fabric
