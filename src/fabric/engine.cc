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

base::Result<CheckedSet> Engine::Impl::check(PolicySet set) const {
  auto placed = planner_.place(set.policies);
  if (!placed) return std::unexpected(placed.error());
  for (const Policies* const others :
       std::initializer_list<const Policies*>{&placed->policies, &current_, &next_}) {  // every version of the commit
    const auto wanted = planner_.make(placed->policies, *others, set.epoch);
    if (!wanted) return std::unexpected(wanted.error());
  }
  if (const Status free = check_slots(placed->policies); !free) return std::unexpected(free.error());
  return CheckedSet{std::move(set), std::move(placed->policies), std::move(placed->warnings)};
}

Plan Engine::Impl::plan(const CheckedSet& set) const {
  Plan plan;
  plan.warnings = set.warnings;
  const auto wanted = planner_.make(set.placed, set.placed, set.set.epoch);
  if (!wanted) return plan;  // not so for a checked set
  std::vector<const DesiredFlows*> before;
  std::vector<DesiredFlows> after;
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    before.push_back(records_[at].desired.get());
    after.push_back(planner_.flows(*wanted, at));
  }
  plan.hops = plan_hops(*topology, before, after);
  plan.links = plan_links(*topology, planner_.ports(), *wanted);
  return plan;
}

Commands Engine::Impl::set_policies(CheckedSet set, Now now) {
  now_ = now;
  asked_set_ = std::move(set.set);
  asked_ = std::move(set.placed);
  warnings_ = std::move(set.warnings);
  for (const PlacedPolicy& policy : asked_) held_[policy.number()] = policy.policy->slot;
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
  for (SwitchIndex at = 0; at < records_.size(); ++at) poll(at);
  for (auto& [name, node] : nodes_) {
    if (node.up && node.refused && now.steady >= node.retry_at) ask(node);
  }
  return finish();
}

Commands Engine::Impl::finish() {
  advance();
  release_bits();
  check_limits();
  note_states();
  return std::exchange(out_, {});
}

void Engine::Impl::emit(Event::Kind kind, const std::string& policy, const std::string& place,
                        const std::string& text) {
  out_.emplace_back(Event{kind, policy, place, text});
}

const WantedPolicy* Engine::Impl::steady(std::uint32_t number) const {
  const auto number_of = [](const WantedPolicy& wanted) { return wanted.placed.number(); };
  const auto found = std::ranges::lower_bound(steady_.policies, number, {}, number_of);
  return found == steady_.policies.end() || number_of(*found) != number ? nullptr : &*found;
}

Engine::Impl::Wait Engine::Impl::waits_for(const SwitchRecord& record, SwitchIndex at) const {
  if (record.serves()) return {};
  const std::string text = "switch '" + topology->switches()[at].name + "' is " + to_string(record.state);
  return {record.why.empty() ? text : text + ": " + record.why, record.state != SwitchState::kAbsent};
}

Engine::Impl::Wait Engine::Impl::waits_for(const std::string& node, std::uint32_t policy) const {
  const NodeRecord& record = nodes_.at(node);
  if (record.serves(policy)) return {};
  if (!record.up) return {"node '" + node + "' is not connected"};
  if (record.refused) return {"node '" + node + "' refuses its assignment", true};
  return {"node '" + node + "' has not answered", true};
}

// A commit waits for switches that are busy. Which ones is told when it takes long.
Engine::Impl::Wait Engine::Impl::waits_for_commit() const {
  const auto refused = std::ranges::find_if(records_, &SwitchRecord::has_another_try);
  if (refused != records_.end()) return waits_for(*refused, static_cast<SwitchIndex>(refused - records_.begin()));
  std::string text = "commit under way";
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    const SwitchRecord& record = records_[at];
    if (!record.busy()) continue;
    const auto asked = record.sending ? record.sending->asked_at : record.polled;
    const auto waited = std::chrono::floor<std::chrono::seconds>(now_.steady - asked).count();
    if (waited < 1) continue;
    text += text.contains(':') ? ", " : ": ";
    text += "switch '" + topology->switches()[at].name + "' has not answered for " + std::to_string(waited) + " s";
  }
  return {std::move(text), true};
}

// What a policy still waits for.
Engine::Impl::Wait Engine::Impl::waits_for(const PlacedPolicy& policy) const {
  const WantedPolicy* const wanted = steady(policy.number());
  const auto committed = committed_.find(policy.number());
  const bool as_asked = wanted != nullptr && same_for_nodes(*wanted->placed.policy, *policy.policy);
  if (!as_asked || committed == committed_.end()) return waits_for_commit();
  base::SteadyTime confirmed = committed->second;
  for (const auto& [at, hop] : *wanted->route) {
    if (Wait wait = waits_for(records_[at], at); !wait.text.empty()) return wait;
    confirmed = std::max(confirmed, records_[at].serves_since);
  }
  for (const Destination& destination : policy.destinations) {
    if (destination.kind != Destination::Kind::kNode) continue;
    if (Wait wait = waits_for(topology->name(destination), policy.number()); !wait.text.empty()) return wait;
  }
  if (now_.steady < confirmed + options_.settle_time) return {"the switches' packet paths follow", true};
  return {};
}

Engine::Impl::Standing Engine::Impl::standing_of(const PlacedPolicy& policy) const {
  const auto failed = failed_.find(policy.number());
  if (failed != failed_.end()) return {PolicyState::kFailed, failed->second, false};
  Wait wait = waits_for(policy);
  const PolicyState state = wait.text.empty() ? PolicyState::kActive : PolicyState::kPending;
  return {state, std::move(wait.text), wait.moving};
}

void Engine::Impl::note_states() {
  std::map<std::uint32_t, PolicyState> states;
  for (const PlacedPolicy& policy : asked_) {
    const Standing standing = standing_of(policy);
    states[policy.number()] = standing.state;
    const auto before = noted_.find(policy.number());
    if (before != noted_.end() && before->second == standing.state) continue;
    if (standing.state == PolicyState::kActive) emit(Event::Kind::kPolicyActive, policy.policy->name, "", "");
    if (standing.state == PolicyState::kPending) {
      emit(Event::Kind::kPolicyPending, policy.policy->name, "", standing.why);
    }
  }
  noted_ = std::move(states);
}

std::vector<PolicyView> Engine::Impl::policies() const {
  std::vector<PolicyView> views;
  for (const PlacedPolicy& placed : asked_) {
    PolicyView view;
    view.name = placed.policy->name;
    view.number = placed.number();
    const Standing standing = standing_of(placed);
    view.state = standing.state;
    view.why = standing.why;
    view.moving = standing.moving;
    for (const Destination& destination : placed.destinations) {
      view.destinations.push_back(topology->name(destination));
    }
    for (const auto& [name, text] : warnings_) {
      if (name == view.name) view.warnings.push_back(text);
    }
    if (const WantedPolicy* const wanted = steady(placed.number())) view.hops = hops_of(*wanted);
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
    case Event::Kind::kNodeRefused:
      return "node-refused";
  }
  return "";
}

// --- the public face ---

Engine::Engine(std::shared_ptr<const Topology> topology, EngineOptions options)
    : impl_(std::make_unique<Impl>(std::move(topology), options)) {}
Engine::~Engine() = default;

base::Result<CheckedSet> Engine::check(PolicySet set) const {
  return impl_->check(std::move(set));
}
Plan Engine::plan(const CheckedSet& set) const {
  return impl_->plan(set);
}
Commands Engine::set_policies(CheckedSet set, Now now) {
  return impl_->set_policies(std::move(set), now);
}
Commands Engine::switch_ready(const openflow::SwitchInfo& info, Now now) {
  return impl_->switch_ready(info, now);
}
Commands Engine::switch_down(openflow::DatapathId datapath, const std::string& why, Now now) {
  return impl_->switch_down(datapath, why, now);
}
Commands Engine::flows_dumped(openflow::DatapathId datapath, std::uint64_t id,
                              base::Result<std::vector<openflow::FlowStatistics>> flows, Now now) {
  return impl_->flows_dumped(datapath, id, std::move(flows), now);
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

std::vector<Engine::Held> Engine::held() const {
  return impl_->held();
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
