// SPDX-License-Identifier: Apache-2.0
// Wires the parts together: what the engine commands is sent to switches and nodes, what they answer goes back to the
// engine, what people want is stored before anybody hears of it. Decides nothing about flows; that is fabric::Engine.
//
//   PUT policy -> PolicyBook (number, bit, compile) -> engine plans -> store (durable) -> engine -> nodes, switches
//
// Everything happens on the one thread that runs the io_context. Functions with a `done` callback call it exactly once,
// perhaps at once, unless the controller is destroyed first.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/backoff.h"
#include "api/change_queue.h"
#include "api/event_log.h"
#include "api/flusher.h"
#include "api/node_directory.h"
#include "api/policy_book.h"
#include "api/policy_json.h"
#include "base/clock.h"
#include "fabric/engine.h"
#include "inventory/snapshot.h"
#include "openflow/server.h"
#include "store/store.h"

namespace superspan::api {

struct ControllerOptions {
  std::optional<openflow::ServerOptions> openflow;  // nothing: no switch ever comes (tests)
  fabric::EngineOptions engine;
  std::string version;
  std::string node_ca_file;  // for nodes with https endpoints
  std::function<void(const EventRecord&)> on_event;
  std::shared_ptr<const inventory::Snapshot> inventory{};  // null: none
};

// For the compiler; `inventory` may be null.
[[nodiscard]] std::shared_ptr<const policy::Names> names_of(std::shared_ptr<const inventory::Snapshot> inventory,
                                                            const fabric::Topology& topology);

class Controller final : private openflow::SwitchHandler {
 public:
  // Loads the store, brings its policies into the engine and listens for switches. The io_context and the clock must
  // outlive the controller. Errors of the parts, unchanged.
  [[nodiscard]] static base::Result<std::unique_ptr<Controller>> start(boost::asio::io_context& io,
                                                                       std::shared_ptr<const fabric::Topology> topology,
                                                                       std::unique_ptr<store::Store> store,
                                                                       const base::Clock& clock,
                                                                       ControllerOptions options);
  ~Controller() override;
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // --- policies ---
  // What must hold for a policy of that name before it is changed, ended ones included.
  // Tells a policy from a later one of the same name too: numbers are never used again.
  struct EntityTag {
    std::uint32_t number = 0;
    std::uint64_t revision = 0;
    bool operator==(const EntityTag&) const = default;
  };
  struct Precondition {
    bool absent = false;
    bool present = false;
    std::optional<EntityTag> tag;
  };
  struct Draft {
    std::string name;
    store::PolicyText text;
    Precondition precondition;
  };
  struct ApplyOptions {
    base::Duration wait{};
    bool dry_run = false;
  };
  struct PutResult {
    PolicyDocument policy;
    PolicyBook::Effect effect = PolicyBook::Effect::kUnchanged;
    bool in_force = false;
  };
  struct Applied {
    std::vector<PutResult> policies;  // one for each draft
    std::uint32_t epoch = 0;
    std::optional<fabric::Plan> plan;  // of a dry run
  };
  struct Refusal {
    std::optional<std::size_t> draft;  // whose fault it is, if it is one's
    base::Error error;
  };
  using Refusals = std::vector<Refusal>;
  // All of them in one commit, or none. `done` when they are in force, or nothing moves any more (a switch is away), or
  // after `wait`; for a dry run at once. Errors: kConflict for a precondition (place "If-Match" or "If-None-Match"),
  // those of PolicyBook (place: a pointer into the text) and Engine::check, of the store, or the switch's refusal.
  void apply(std::vector<Draft> drafts, const ApplyOptions& options,
             std::function<void(std::expected<Applied, Refusals>)> done);
  // Runs `work` on a worker thread and then `done` on this one. kUnavailable if too much waits already.
  [[nodiscard]] base::Status run_aside(std::function<void()> work, std::function<void()> done) {
    return changes_.add({}, std::move(work), std::move(done));
  }
  struct Removed {
    bool done = false;                 // nothing of it is under way any more
    std::vector<std::string> held_by;  // switches and nodes that have not confirmed its removal
    fabric::FinalCounters counters;    // the last ones, if done
  };
  // `done` when the fabric has forgotten it, or what is left waits for a switch to come back, or after `wait`.
  void remove_policy(const std::string& name, const Precondition& precondition, base::Duration wait,
                     const std::function<void(base::Result<Removed>)>& done);

  // --- inventory ---
  // Policies whose names mean something else now are compiled anew, all in one commit; the others are left alone. One
  // that does not compile any more stays as it is, and an event says so.
  void set_inventory(std::shared_ptr<const inventory::Snapshot> inventory);
  // A new inventory could not be read; the one before stays.
  void inventory_refused(const base::Error& error);
  [[nodiscard]] const inventory::Snapshot* inventory() const { return inventory_.get(); }  // null: none
  // As a policy of this fabric is compiled now.
  [[nodiscard]] policy::CompileOptions compile_options() const;

  [[nodiscard]] std::vector<PolicyDocument> policies() const;  // sorted by name, ended ones too
  [[nodiscard]] std::optional<PolicyDocument> policy(const std::string& name) const;
  [[nodiscard]] std::uint32_t epoch() const { return book_.epoch(); }

  struct Statistics {
    std::string policy;
    std::vector<fabric::HopCounter> hops;
    std::vector<std::pair<std::string, boost::json::object>> nodes;  // name, counters as it told them
  };
  [[nodiscard]] std::optional<Statistics> statistics(const std::string& policy) const;
  [[nodiscard]] std::vector<Statistics> all_statistics() const;  // sorted by name

  // --- nodes ---
  // kNotFound if the fabric has no such node. The revision that it shall have.
  [[nodiscard]] base::Result<std::uint64_t> node_heard(const std::string& name, Registration registration);
  [[nodiscard]] const NodeDirectory& nodes() const { return nodes_; }

  // --- views ---
  [[nodiscard]] const fabric::Engine& engine() const { return engine_; }
  [[nodiscard]] const fabric::Topology& topology() const { return engine_.topology(); }
  // nullptr: not connected. Valid until control returns to the io_context.
  [[nodiscard]] const openflow::SwitchInfo* switch_info(openflow::DatapathId datapath) const;
  [[nodiscard]] openflow::SessionCounters session_counters(openflow::DatapathId datapath) const;
  [[nodiscard]] openflow::DoorCounters door_counters() const;
  // Connections, of switches or of clients, cannot be accepted; an event.
  void accept_failed(const base::Error& reason) override;
  [[nodiscard]] EventLog& events() { return events_; }
  [[nodiscard]] const EventLog& events() const { return events_; }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }
  [[nodiscard]] const std::string& version() const { return options_.version; }
  [[nodiscard]] base::SteadyTime started() const { return started_; }
  [[nodiscard]] std::uint16_t openflow_port() const;  // 0: does not listen

 private:
  // Somebody who waits for the fabric. `answered` looks whether the wait is over, and if so answers; `late`: it is, in
  // any case.
  struct Waiter {
    base::SteadyTime until;
    std::function<bool(bool late)> answered;
    bool always = false;  // asked whenever something happened: it costs little
  };

  Controller(boost::asio::io_context& io, std::shared_ptr<const fabric::Topology> topology,
             std::unique_ptr<store::Store> store, const base::Clock& clock, ControllerOptions options);
  [[nodiscard]] base::Status restore();
  [[nodiscard]] base::Status listen();

  // openflow::SwitchHandler
  void switch_connected(const openflow::SwitchInfo& info) override;
  void switch_disconnected(openflow::DatapathId datapath, const base::Error& reason) override;
  void port_changed(openflow::DatapathId datapath, const openflow::PortChange& change) override;
  void switch_error(openflow::DatapathId datapath, const openflow::SwitchError& error) override;
  void connection_refused(const std::string& peer, const base::Error& reason) override;

  [[nodiscard]] fabric::Now now() const { return {clock_.steady(), clock_.wall()}; }
  void execute(fabric::Commands commands);
  void carry_out(fabric::SendTransaction& command);
  void carry_out(const fabric::DumpFlows& command);
  void carry_out(const fabric::AssignNode& command);
  void carry_out(const fabric::FinalCounters& command);
  void carry_out(const fabric::Event& event);
  // What has begun or ceased to be wrong at a node since it said `before`.
  void tell_problems(const std::string& node, const std::vector<std::string>& before);
  void tick();
  // Stores the proposal and makes it the engine's set; on error everything is as before. `news` is told as soon as the
  // proposal is stored, before what follows from it.
  struct News {
    const char* type;
    std::string policy;
    std::string text;
  };
  [[nodiscard]] static base::Status check_precondition(const Precondition& wanted, const std::string& name,
                                                       const store::Policy* now);
  struct Application;
  static void compile_drafts(Application& work);
  void queue(const std::shared_ptr<Application>& work);
  void make(const std::shared_ptr<Application>& work);
  struct Recompilation;
  void recompile();
  void recompiled(Recompilation& work);
  void try_out(Application& work, const PolicyBook::Proposal& proposal);
  void await(const Application& work, const std::vector<PolicyBook::Effect>& effects);
  void remove_now(const std::string& name, const Precondition& precondition, base::Duration wait,
                  std::function<void(base::Result<Removed>)> done);
  [[nodiscard]] base::Status commit(const PolicyBook::Proposal& proposal, const std::vector<News>& news);
  [[nodiscard]] base::Status write(const PolicyBook::Proposal& proposal, const std::vector<News>& news);
  // Goes on with `then` when the disk has what was committed; if it fails, `done` gets the error.
  template <typename Answer>
  void when_stored(std::function<void(base::Result<Answer>)> done, std::function<void()> then) {
    flusher_.when_flushed([done = std::move(done), then = std::move(then)](const base::Status& stored) {
      return stored ? then() : done(std::unexpected(stored.error()));
    });
  }
  // Of one way to the disk: what is new is told, once.
  void note_store(bool& failing, const base::Status& status);
  [[nodiscard]] base::Status persist(const store::Change& change);
  void end_later(const std::string& policy, std::string because);
  void end_due_policies();
  void prune();
  [[nodiscard]] Removed take_leave(std::uint32_t number);
  void remember_end(const std::string& policy);
  void forget_old_ends();
  void wait_for(base::Duration wait, std::function<bool(bool late)> answered, bool always = false);
  void check_waiters();
  [[nodiscard]] const fabric::PolicyView* find_view(const std::vector<fabric::PolicyView>& views,
                                                    const store::Policy& policy) const;
  [[nodiscard]] std::string switch_name(openflow::DatapathId datapath) const;
  [[nodiscard]] Statistics statistics_of(const PolicyBook::Entry& entry, const fabric::PolicyView* view) const;
  [[nodiscard]] PolicyDocument document(const PolicyBook::Entry& entry, const fabric::PolicyView* view) const;

  boost::asio::io_context& io_;
  const base::Clock& clock_;
  ControllerOptions options_;
  std::unique_ptr<store::Store> store_;
  Flusher flusher_;
  fabric::Engine engine_;
  PolicyBook book_;
  std::shared_ptr<const inventory::Snapshot> inventory_;
  std::shared_ptr<const policy::Names> names_;  // of the inventory and of the taps
  EventLog events_;
  NodeDirectory nodes_;
  ChangeQueue changes_;
  boost::asio::steady_timer timer_;
  base::SteadyTime started_;
  base::SteadyTime kept_alive_;
  base::SteadyTime pruned_;
  PolicyBook::Endings to_end_;
  Backoff end_retry_;
  bool store_failing_ = false;
  bool flush_failing_ = false;
  using LastCounters = std::map<std::uint32_t, fabric::FinalCounters>;  // by number
  LastCounters ended_counters_;
  std::map<std::uint32_t, std::vector<std::string>> ended_destinations_;  // by number; its last packets are there
  LastCounters leaving_counters_;                                         // of deleted policies whose clients wait
  std::deque<fabric::Command> pending_;  // commands that came while others were carried out
  bool executing_ = false;
  std::vector<Waiter> waiters_;
  base::SteadyTime committed_{};  // when the store last wrote
  bool look_ = false;             // some policy changed its state since the waiters were asked
  // Last, so that its callbacks are gone before what they use. Empty without OpenFlow.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<openflow::Server> openflow_;
};

}  // namespace superspan::api
