// SPDX-License-Identifier: Apache-2.0
// Start, switches, nodes and time; the policies are in controller_policies.cc.
#include "api/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace superspan::api {
namespace {

// The engine wants at least every 100 ms.
constexpr auto kTick = std::chrono::milliseconds(50);
constexpr auto kKeepAlive = std::chrono::seconds(10);
// Without a commit: time to tidy, which may hold up whoever comes in that moment for 150 ms.
constexpr auto kQuiet = std::chrono::seconds(10);
constexpr auto kPrune = std::chrono::minutes(1);
constexpr auto kEndRetryFirst = std::chrono::milliseconds(500);
constexpr auto kEndRetryMost = std::chrono::seconds(30);

}  // namespace

base::Result<std::unique_ptr<Controller>> Controller::start(boost::asio::io_context& io,
                                                            std::shared_ptr<const fabric::Topology> topology,
                                                            std::unique_ptr<store::Store> store,
                                                            const base::Clock& clock, ControllerOptions options) {
  std::unique_ptr<Controller> controller(
      new Controller(io, std::move(topology), std::move(store), clock, std::move(options)));
  if (auto done = controller->restore(); !done) return std::unexpected(done.error());
  if (auto done = controller->listen(); !done) return std::unexpected(done.error());
  controller->tick();
  return controller;
}

Controller::Controller(boost::asio::io_context& io, std::shared_ptr<const fabric::Topology> topology,
                       std::unique_ptr<store::Store> store, const base::Clock& clock, ControllerOptions options)
    : io_(io),
      clock_(clock),
      options_(std::move(options)),
      store_(std::move(store)),
      flusher_(io, *store_, [this](const base::Status& flushed) { note_store(flush_failing_, flushed); }),
      engine_(std::move(topology), options_.engine),
      events_(clock, options_.on_event),
      nodes_(io, clock, options_.node_ca_file),
      changes_(io),
      timer_(io),
      started_(clock.steady()),
      kept_alive_(started_),
      pruned_(started_),
      end_retry_(kEndRetryFirst, kEndRetryMost) {
  inventory_ = options_.inventory;
  names_ = names_of(inventory_, engine_.topology());
}

Controller::~Controller() {
  timer_.cancel();
}

// A stored policy that this fabric cannot have any more (its tap is gone from the file) must not keep out the others.
base::Status Controller::restore() {
  auto contents = store_->load();
  if (!contents) return std::unexpected(contents.error());
  PolicyBook::Proposal repair;
  book_ = PolicyBook::load(std::move(*contents), compile_options(), clock_.wall(), repair);
  if (!repair.unchanged) {
    if (auto stored = store_->commit(repair.change); !stored) return stored;
    book_.take_over(repair);
  }
  while (true) {
    auto checked = engine_.check(book_.policy_set());
    if (checked) {
      execute(engine_.set_policies(std::move(*checked), now()));
      return {};
    }
    const base::Error& error = checked.error();
    const auto* unfit = book_.find(error.place);
    if (unfit == nullptr) return std::unexpected(error);
    const auto proposal = book_.end(
        {{unfit->stored.name, {unfit->stored.number, "does not fit the fabric: " + error.message}}}, clock_.wall());
    if (proposal.unchanged) return std::unexpected(error);
    if (auto written = write(proposal, {{"policy-ended", error.place, error.message}}); !written) return written;
  }
}

base::Status Controller::listen() {
  if (!options_.openflow) return {};
  openflow::ServerOptions server = *options_.openflow;
  if (server.allowed.empty()) {
    for (const auto& each : topology().switches()) server.allowed.push_back(each.datapath);
  }
  auto listening = openflow::Server::listen(io_, std::move(server), *this);
  if (!listening) return std::unexpected(listening.error());
  openflow_ = std::move(*listening);
  return {};
}

std::uint16_t Controller::openflow_port() const {
  return openflow_ ? openflow_->port() : 0;
}

// --- switches ---

std::string Controller::switch_name(openflow::DatapathId datapath) const {
  const auto index = topology().find_switch(datapath);
  return index ? topology().switches()[*index].name : fmt::format("{:016x}", datapath);
}

void Controller::switch_connected(const openflow::SwitchInfo& info) {
  execute(engine_.switch_ready(info, now()));
}

void Controller::switch_disconnected(openflow::DatapathId datapath, const base::Error& reason) {
  execute(engine_.switch_down(datapath, reason.message, now()));
}

void Controller::port_changed(openflow::DatapathId datapath, const openflow::PortChange& change) {
  const bool gone = change.event == openflow::PortEvent::kDeleted;
  const bool down = change.port.link_down || change.port.admin_down;
  events_.add("port-changed", "", fmt::format("{}:{}", switch_name(datapath), change.port.number),
              gone   ? "gone"
              : down ? "down"
                     : "up");
}

void Controller::switch_error(openflow::DatapathId datapath, const openflow::SwitchError& error) {
  events_.add("switch-error", "", switch_name(datapath),
              error.about.empty() ? error.error : fmt::format("{} about {}", error.error, error.about));
}

void Controller::connection_refused(const std::string& peer, const base::Error& reason) {
  events_.add("connection-refused", "", peer, reason.message);
}

void Controller::accept_failed(const base::Error& reason) {
  events_.add("accept-failed", "", reason.place, reason.message + (reason.hint.empty() ? "" : "; " + reason.hint));
}

const openflow::SwitchInfo* Controller::switch_info(openflow::DatapathId datapath) const {
  return openflow_ ? openflow_->find(datapath) : nullptr;
}

openflow::SessionCounters Controller::session_counters(openflow::DatapathId datapath) const {
  return openflow_ ? openflow_->counters(datapath) : openflow::SessionCounters{};
}

openflow::DoorCounters Controller::door_counters() const {
  return openflow_ ? openflow_->door() : openflow::DoorCounters{};
}

// --- nodes ---

base::Result<std::uint64_t> Controller::node_heard(const std::string& name, Registration registration) {
  const auto views = engine_.nodes();
  const auto view = std::ranges::find(views, name, &fabric::NodeView::name);
  if (view == views.end()) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("the fabric has no node '{}'", name),
                      "name it in the fabric file, or give superspan-node the right --name");
  }
  if (registration.controller != nodes_.controller()) registration.applied = 0;  // a number of another controller
  // A report about a policy of that name from before the latest assignment is about another policy.
  const bool current = registration.applied == view->revision;
  const auto ended = current ? registration.ended : std::vector<std::string>{};
  const auto problems = nodes_.problems(name);
  const bool resend = nodes_.heard(name, std::move(registration), view->applied_revision);
  nodes_.forget_unknown_policies(name, [this](const std::string& policy) { return book_.find(policy) != nullptr; });
  if (resend) execute(engine_.node_up(name, now()));
  tell_problems(name, problems);
  for (const auto& policy : ended) {
    const auto* entry = book_.find(policy);
    if (entry == nullptr || entry->stored.ended) continue;
    const auto& limits = entry->stored.text;
    end_later(policy, limits.bytes == 0 ? "packets" : limits.packets == 0 ? "bytes" : "packets or bytes");
  }
  end_due_policies();
  return view->revision;
}

// One event a heartbeat, however many recordings a full disk stops.
void Controller::tell_problems(const std::string& node, const std::vector<std::string>& before) {
  const auto text_of = [](const std::vector<std::string>& problems) {
    return problems.size() == 1 ? problems.front()
                                : fmt::format("{}; and {} more", problems.front(), problems.size() - 1);
  };
  const auto problems = nodes_.problems(node);
  std::vector<std::string> begun;
  std::ranges::set_difference(problems, before, std::back_inserter(begun));
  if (!begun.empty()) events_.add("node-problem", "", node, text_of(begun));
  if (problems.empty() && !before.empty()) events_.add("node-recovered", "", node, text_of(before));
}

// --- commands of the engine ---

void Controller::execute(fabric::Commands commands) {
  for (auto& command : commands) pending_.push_back(std::move(command));
  if (executing_) return;
  executing_ = true;
  while (!pending_.empty()) {
    fabric::Command command = std::move(pending_.front());
    pending_.pop_front();
    std::visit([this](auto& each) { carry_out(each); }, command);
  }
  executing_ = false;
  check_waiters();
}

void Controller::carry_out(fabric::SendTransaction& command) {
  if (!openflow_) return;
  openflow_->send(command.datapath, {std::move(command.mods), {}, command.atomic},
                  [this, datapath = command.datapath, id = command.id](const openflow::TransactionResult& result) {
                    execute(engine_.transaction_done(datapath, id, result, now()));
                  });
}

void Controller::carry_out(const fabric::DumpFlows& command) {
  if (!openflow_) return;
  openflow_->dump_flows(
      command.datapath, command.only,
      [this, datapath = command.datapath, id = command.id](base::Result<std::vector<openflow::FlowStatistics>> flows) {
        execute(engine_.flows_dumped(datapath, id, std::move(flows), now()));
      });
}

void Controller::carry_out(const fabric::AssignNode& command) {
  nodes_.assign(command, [this, name = command.node, revision = command.revision](const base::Status& status) {
    execute(engine_.node_applied(name, revision, status, now()));
  });
}

void Controller::carry_out(const fabric::FinalCounters& command) {
  for (LastCounters* const last : {&ended_counters_, &leaving_counters_}) {
    const auto kept = last->find(command.number);
    if (kept != last->end()) kept->second = command;
  }
}

void Controller::carry_out(const fabric::Event& event) {
  using Kind = fabric::Event::Kind;
  look_ = look_ || event.kind == Kind::kPolicyActive || event.kind == Kind::kPolicyFailed;
  if (event.kind == Kind::kLimitReached) end_later(event.policy, event.text);
  events_.add(fabric::to_string(event.kind), event.policy, event.place, event.text);
}

// --- time ---

void Controller::tick() {
  execute(engine_.tick(now()));
  for (const auto& name : nodes_.silent()) execute(engine_.node_down(name, now()));
  end_due_policies();
  check_waiters();
  const auto steady = clock_.steady();
  if (steady - committed_ >= kQuiet) store_->tidy();
  if (steady - kept_alive_ >= kKeepAlive) {
    kept_alive_ = steady;
    events_.keep_alive();
  }
  if (steady - pruned_ >= kPrune) {
    pruned_ = steady;
    prune();
    forget_old_ends();
  }
  timer_.expires_after(kTick);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) tick();
  });
}

}  // namespace superspan::api
