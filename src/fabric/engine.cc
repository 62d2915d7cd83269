// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine.h"

#include <algorithm>

#include "fabric/engine_impl.h"

namespace superspan::fabric {

using base::Status;

Engine::Impl::Impl(std::shared_ptr<const Topology> fabric, EngineOptions options)
    : topology(std::move(fabric)), options_(options), planner_(*topology), records_(topology->switches().size()) {
  for (const Node& node : topology->nodes()) nodes_[node.name];
  assign({}, {});
  auto nothing = planner_.make({}, {}, 0);
  steady_ = std::move(*nothing);
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    records_[at].desired = std::make_shared<const DesiredFlows>(planner_.flows(steady_, at));
  }
}

base::Result<Plan> Engine::Impl::plan(const PolicySet& set) const {
  const auto placed = planner_.place(set.policies);
  if (!placed) return std::unexpected(placed.error());
  const auto wanted = planner_.make(placed->policies, placed->policies, set.epoch);
  if (!wanted) return std::unexpected(wanted.error());
  Plan plan;
  plan.warnings = placed->warnings;
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    const DesiredFlows flows = planner_.flows(*wanted, at);
    Plan::Hop hop{topology->switches()[at].name, flows.size(), 0, 0};
    for (const openflow::FlowMod& mod : changes(*records_[at].desired, flows)) {
      ++(mod.command == openflow::FlowCommand::kAdd ? hop.added : hop.removed);
    }
    plan.hops.push_back(std::move(hop));
  }
  return plan;
}

base::Result<Commands> Engine::Impl::set_policies(PolicySet set, Now now) {
  now_ = now;
  auto placed = planner_.place(set.policies);
  if (!placed) return std::unexpected(placed.error());
  for (const Policies* const others : {&placed->policies, &current_, &next_}) {  // every version of the commit
    const auto wanted = planner_.make(placed->policies, *others, set.epoch);
    if (!wanted) return std::unexpected(wanted.error());
  }
  asked_set_ = std::move(set);
  asked_ = std::move(placed->policies);
  warnings_ = std::move(placed->warnings);
  const auto gone = [this](std::uint32_t number) {
    return !std::ranges::binary_search(asked_, number, {}, &PlacedPolicy::number);
  };
  std::erase_if(failed_, [&gone](const auto& entry) { return gone(entry.first); });
  std::erase_if(limits_reported_, gone);
  changed_ = true;
  return finish();
}

Commands Engine::Impl::tick(Now now) {
  now_ = now;
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    SwitchRecord& record = records_[at];
    // Reading a large table takes long; a commit must not meet it often.
    const base::Duration for_size = std::chrono::milliseconds(record.installed.size());
    const base::Duration interval = std::max(options_.poll_interval, for_size);
    if (record.state == SwitchState::kWaiting && now.steady >= record.retry_at) {
      record.state = SwitchState::kDumping;
      dump(at);
    } else if (record.state == SwitchState::kSynced && step == Step::kIdle && now.steady - record.polled >= interval) {
      dump(at);
    }
  }
  for (auto& [name, node] : nodes_) {
    if (node.up && node.refused && now.steady >= node.retry_at) ask(node);
  }
  return finish();
}

Commands Engine::Impl::finish() {
  advance();
  check_limits();
  note_states();
  return std::exchange(out_, {});
}

void Engine::Impl::emit(Event::Kind kind, const std::string& policy, const std::string& place,
                        const std::string& text) {
  out_.emplace_back(Event{kind, policy, place, text});
}

// What a policy in force still waits for; empty: nothing.
std::string Engine::Impl::waits_for(const PlacedPolicy& policy) const {
  const auto found = std::ranges::find(steady_.policies, policy.number(),
                                       [](const WantedPolicy& wanted) { return wanted.placed.number(); });
  if (found == steady_.policies.end()) return "commit under way";
  for (const auto& [at, hop] : *found->route) {
    if (records_[at].in_force()) continue;
    std::string text = "switch '" + topology->switches()[at].name + "' is " + to_string(records_[at].state);
    return records_[at].why.empty() ? text : text + ": " + records_[at].why;
  }
  for (const Destination& destination : policy.destinations) {
    if (destination.kind != Destination::Kind::kNode) continue;
    const std::string& name = topology->name(destination);
    const NodeRecord& node = nodes_.at(name);
    if (!node.in_force()) return "node '" + name + "' " + (node.up ? "has not answered" : "is not connected");
  }
  return "";
}

std::pair<PolicyState, std::string> Engine::Impl::state_of(const PlacedPolicy& policy) const {
  const auto failed = failed_.find(policy.number());
  if (failed != failed_.end()) return {PolicyState::kFailed, failed->second};
  if (!std::ranges::binary_search(current_, policy.number(), {}, &PlacedPolicy::number)) {
    return {PolicyState::kPending, "commit under way"};
  }
  std::string why = waits_for(policy);
  const PolicyState state = why.empty() ? PolicyState::kActive : PolicyState::kPending;
  return {state, std::move(why)};
}

void Engine::Impl::note_states() {
  std::map<std::uint32_t, PolicyState> states;
  for (const PlacedPolicy& policy : asked_) {
    const auto [state, why] = state_of(policy);
    states[policy.number()] = state;
    const auto before = noted_.find(policy.number());
    if (before != noted_.end() && before->second == state) continue;
    if (state == PolicyState::kActive) emit(Event::Kind::kPolicyActive, policy.policy->name, "", "");
    if (state == PolicyState::kPending) emit(Event::Kind::kPolicyPending, policy.policy->name, "", why);
  }
  noted_ = std::move(states);
}

std::vector<PolicyView> Engine::Impl::policies() const {
  std::vector<PolicyView> views;
  for (const PlacedPolicy& placed : asked_) {
    PolicyView view;
    view.name = placed.policy->name;
    view.number = placed.number();
    std::tie(view.state, view.why) = state_of(placed);
    for (const Destination& destination : placed.destinations) {
      view.destinations.push_back(topology->name(destination));
    }
    for (const auto& [name, text] : warnings_) {
      if (name == view.name) view.warnings.push_back(text);
    }
    const auto wanted = std::ranges::find(steady_.policies, placed.number(),
                                          [](const WantedPolicy& policy) { return policy.placed.number(); });
    if (wanted != steady_.policies.end()) view.hops = hops_of(*wanted);
    views.push_back(std::move(view));
  }
  std::ranges::sort(views, {}, &PolicyView::name);
  return views;
}

std::vector<SwitchView> Engine::Impl::switches() const {
  std::vector<SwitchView> views;
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    const Switch& one = topology->switches()[at];
    const SwitchRecord& record = records_[at];
    views.push_back({one.name, one.datapath, record.state, record.why, record.desired->size(), record.installed.size(),
                     record.transactions, record.mods, record.repaired_flows});
  }
  return views;
}

std::vector<NodeView> Engine::Impl::nodes() const {
  std::vector<NodeView> views;
  for (const Node& node : topology->nodes()) {
    const NodeRecord& record = nodes_.at(node.name);
    views.push_back({node.name, record.up, record.asked.revision, record.applied_revision});
  }
  return views;
}

const char* to_string(PolicyState state) {
  switch (state) {
    case PolicyState::kPending:
      return "pending";
    case PolicyState::kActive:
      return "active";
    case PolicyState::kFailed:
      return "failed";
  }
  return "";
}

const char* to_string(SwitchState state) {
  switch (state) {
    case SwitchState::kAbsent:
      return "absent";
    case SwitchState::kDumping:
      return "dumping";
    case SwitchState::kSending:
      return "sending";
    case SwitchState::kSynced:
      return "synced";
    case SwitchState::kWaiting:
      return "waiting";
  }
  return "";
}

const char* to_string(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kPolicyActive:
      return "policy-active";
    case Event::Kind::kPolicyPending:
      return "policy-pending";
    case Event::Kind::kPolicyFailed:
      return "policy-failed";
    case Event::Kind::kLimitReached:
      return "limit-reached";
    case Event::Kind::kSwitchSynced:
      return "switch-synced";
    case Event::Kind::kSwitchAbsent:
      return "switch-absent";
    case Event::Kind::kSwitchRepaired:
      return "switch-repaired";
    case Event::Kind::kSwitchRefused:
      return "switch-refused";
    case Event::Kind::kNodeUp:
      return "node-up";
    case Event::Kind::kNodeDown:
      return "node-down";
  }
  return "";
}

// --- the public face ---

Engine::Engine(std::shared_ptr<const Topology> topology, EngineOptions options)
    : impl_(std::make_unique<Impl>(std::move(topology), options)) {}
Engine::~Engine() = default;

base::Result<Plan> Engine::plan(const PolicySet& set) const {
  return impl_->plan(set);
}
base::Result<Commands> Engine::set_policies(PolicySet set, Now now) {
  return impl_->set_policies(std::move(set), now);
}
Commands Engine::switch_ready(const openflow::SwitchInfo& info, Now now) {
  return impl_->switch_ready(info, now);
}
Commands Engine::switch_down(openflow::DatapathId datapath, const std::string& why, Now now) {
  return impl_->switch_down(datapath, why, now);
}
Commands Engine::flows_dumped(openflow::DatapathId datapath, base::Result<std::vector<openflow::FlowStatistics>> flows,
                              Now now) {
  return impl_->flows_dumped(datapath, std::move(flows), now);
}
Commands Engine::transaction_done(openflow::DatapathId datapath, std::uint64_t id,
                                  const openflow::TransactionResult& result, Now now) {
  return impl_->transaction_done(datapath, id, result, now);
}
Commands Engine::node_up(const std::string& name, Now now) {
  return impl_->node_up(name, now);
}
Commands Engine::node_down(const std::string& name, Now now) {
  return impl_->node_down(name, now);
}
Commands Engine::node_applied(const std::string& name, std::uint64_t revision, const Status& status, Now now) {
  return impl_->node_applied(name, revision, status, now);
}
Commands Engine::tick(Now now) {
  return impl_->tick(now);
}

const Topology& Engine::topology() const {
  return *impl_->topology;
}
std::uint32_t Engine::epoch() const {
  return impl_->epoch;
}
bool Engine::idle() const {
  return impl_->step == Impl::Step::kIdle;
}
std::vector<PolicyView> Engine::policies() const {
  return impl_->policies();
}
std::vector<SwitchView> Engine::switches() const {
  return impl_->switches();
}
std::vector<NodeView> Engine::nodes() const {
  return impl_->nodes();
}

std::vector<openflow::Flow> Engine::desired(openflow::DatapathId datapath) const {
  const SwitchRecord* const record = impl_->find(datapath);
  return record == nullptr ? std::vector<openflow::Flow>{} : record->desired->flows();
}
std::vector<openflow::FlowStatistics> Engine::installed(openflow::DatapathId datapath) const {
  std::vector<openflow::FlowStatistics> flows;
  if (const SwitchRecord* const record = impl_->find(datapath)) {
    for (const auto& [key, flow] : record->installed) flows.push_back(flow);
    std::ranges::sort(flows, {}, [](const auto& one) -> const openflow::FlowKey& { return one.flow.key; });
  }
  return flows;
}
std::vector<openflow::FlowMod> Engine::difference(openflow::DatapathId datapath) const {
  const SwitchRecord* const record = impl_->find(datapath);
  if (record == nullptr) return {};
  return compare(record->installed, *record->desired).mods;
}

}  // namespace superspan::fabric
