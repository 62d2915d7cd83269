// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/engine_impl.h"

namespace superspan::fabric {
namespace {

bool contains(const std::vector<PlacedPolicy>& policies, std::uint32_t number) {
  return std::ranges::binary_search(policies, number, {}, &PlacedPolicy::number);
}

// True if some policy of `left` is not in `right`.
bool more_than(const std::vector<PlacedPolicy>& left, const std::vector<PlacedPolicy>& right) {
  return std::ranges::any_of(left, [&right](const PlacedPolicy& one) { return !contains(right, one.number()); });
}

}  // namespace

bool Engine::Impl::adds() const {
  return more_than(next_, current_);
}
bool Engine::Impl::removes() const {
  return more_than(current_, next_);
}

std::vector<PlacedPolicy> Engine::Impl::target() const {
  Policies policies = asked_;
  std::erase_if(policies, [this](const PlacedPolicy& policy) { return failed_.contains(policy.number()); });
  return policies;
}

std::string Engine::Impl::name_of(std::uint32_t number) const {
  const auto found = std::ranges::lower_bound(asked_, number, {}, &PlacedPolicy::number);
  return found == asked_.end() || found->number() != number ? "" : found->policy->name;
}

void Engine::Impl::start_commit() {
  changed_ = false;
  next_ = target();
  prepared_.clear();
  epoch = asked_set_.epoch;
  enter(Step::kPrepare);
}

void Engine::Impl::enter(Step next) {
  step = next;
  entered_ = now_.steady;
  switch (next) {
    case Step::kIdle:
      return;
    case Step::kPrepare:
      assign(current_, next_);
      step_until_ = now_.steady + options_.node_timeout;
      return prepare();
    case Step::kFlip:
      return flip();
    case Step::kDrain:
      drained_ = now_.steady + (removes() ? options_.drain_time : base::Duration{0});
      step_until_ = drained_ + (removes() && !adds() ? options_.statistics_lag : base::Duration{0});
      return;
    case Step::kCount:
      lag_over_ = now_.steady >= drained_ + options_.statistics_lag;
      step_until_ = now_.steady + options_.count_timeout;
      return read_last_counters();
    case Step::kCollect:
      tell_last_counters();
      return collect();
  }
}

void Engine::Impl::advance() {
  while (true) {
    if (step == Step::kIdle) {
      if (!changed_) return;
      start_commit();
    }
    if (!step_done()) return;
    if (step == Step::kCollect) {
      finish_commit();
    } else {
      enter(static_cast<Step>(static_cast<int>(step) + 1));
    }
  }
}

bool Engine::Impl::step_done() const {
  const bool late = now_.steady >= step_until_;
  if (step == Step::kDrain) return late || (changed_ && now_.steady >= drained_);
  const auto counts = [](const SwitchRecord& record) { return record.counting.has_value(); };
  if (step == Step::kCount) return late || std::ranges::none_of(records_, counts);
  if (std::ranges::any_of(records_, &SwitchRecord::busy)) return false;
  return step != Step::kPrepare || !adds() || nodes_answered() || late;
}

void Engine::Impl::want(SwitchIndex at, const Wanted& wanted) {
  DesiredFlows flows = planner_.flows(wanted, at);
  SwitchRecord& record = records_[at];
  if (!record.desired || !changes(*record.desired, flows).empty()) {
    record.desired = std::make_shared<const DesiredFlows>(std::move(flows));
  }
  pursue(at);
}

// The versions of a commit were checked when the set was accepted, and dropping failed policies only makes them
// smaller, so making them again does not fail.
Wanted Engine::Impl::version(const Policies& classified, const Policies& routed_too, std::uint32_t at_epoch) {
  auto made = planner_.make(classified, routed_too, at_epoch);
  return made ? std::move(*made) : Wanted{};
}

void Engine::Impl::prepare() {
  // A tool that is no longer shared is reached by the bits of the policies again.
  const bool same_ways = shared_tools(current_) == shared_tools(next_);
  if (!adds() && same_ways && prepared_.empty()) return;
  const Wanted both = version(current_, next_, current_epoch_);
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    // Where no copies arrive over links, classes and routes change together, in the flip.
    if (gets_copies(both, at)) prepared_.insert(at);
  }
  for (const SwitchIndex at : prepared_) want(at, both);
}

void Engine::Impl::flip() {
  const Wanted both = version(next_, current_, epoch);
  const Wanted steady = version(next_, next_, epoch);
  std::set<SwitchIndex> filters;
  for (const Tap& tap : topology->taps()) filters.insert(tap.where.at);
  // Routes count, so those of removed policies stay until their counters are read.
  const bool routes_count = topology->encapsulation() == Encapsulation::kNsh;
  for (const SwitchIndex at : filters) want(at, routes_count || gets_copies(both, at) ? both : steady);
}

void Engine::Impl::collect() {
  steady_ = version(next_, next_, epoch);
  for (SwitchIndex at = 0; at < records_.size(); ++at) want(at, steady_);
}

void Engine::Impl::finish_commit() {
  current_ = next_;
  current_epoch_ = epoch;
  for (const PlacedPolicy& policy : current_) committed_.try_emplace(policy.number(), now_.steady);
  assign(current_, {});
  forget_gone();
  step = Step::kIdle;
}

bool Engine::Impl::wanted_somewhere(std::uint32_t number) const {
  return contains(asked_, number) || contains(current_, number) || contains(next_, number);
}

std::vector<Engine::Held> Engine::Impl::held() const {
  std::vector<Held> held;
  for (const auto& [number, slot] : held_) {
    Held one{number, slot, {}, true};
    for (SwitchIndex at = 0; at < records_.size() && !contains(asked_, number); ++at) {
      if (!records_[at].may_hold.contains(number)) continue;
      one.holders.push_back(topology->switches()[at].name);
      one.moving = one.moving && records_[at].state != SwitchState::kAbsent;
    }
    for (const auto& [name, node] : nodes_) {
      if (node.holds(number) && !contains(asked_, number)) one.holders.push_back(name);
    }
    held.push_back(std::move(one));
  }
  return held;
}

void Engine::Impl::release_bits() {
  std::erase_if(held_, [this](const auto& entry) {
    const auto has = [&entry](const SwitchRecord& record) { return record.may_hold.contains(entry.first); };
    const auto takes = [&entry](const auto& node) { return node.second.holds(entry.first); };
    return !wanted_somewhere(entry.first) && std::ranges::none_of(records_, has) && std::ranges::none_of(nodes_, takes);
  });
}

// A bit must mean one policy only, on every switch and at every moment.
base::Status Engine::Impl::check_slots(const Policies& placed) const {
  for (const PlacedPolicy& policy : placed) {
    const auto other = std::ranges::find_if(held_, [&policy](const auto& entry) {
      return entry.second == policy.policy->slot && entry.first != policy.number();
    });
    if (other == held_.end()) continue;
    return base::fail(
        base::ErrorCode::kLimit,
        "bit " + std::to_string(policy.policy->slot.bit) + " is still used for a policy that is being removed",
        "take what choose_slot gives", policy.policy->name);
  }
  return {};
}

void Engine::Impl::forget_gone() {
  const auto gone = [this](const auto& entry) { return !contains(current_, entry.first); };
  std::erase_if(committed_, gone);
  for (SwitchRecord& record : records_) {
    std::erase_if(record.hops, gone);
    std::erase_if(record.taken, gone);
  }
}

// Takes policies back that a switch refused. The others of the commit go on from the step where they are. The first
// refusal of a policy is the one that is told.
void Engine::Impl::fail_policies(const Numbers& numbers, const std::string& words) {
  for (const std::uint32_t number : numbers) {
    const bool first = failed_.try_emplace(number, words).second;
    if (first && contains(asked_, number)) emit(Event::Kind::kPolicyFailed, name_of(number), "", words);
  }
  const auto refused = [&numbers](const PlacedPolicy& policy) { return numbers.contains(policy.number()); };
  if (step == Step::kIdle) {
    changed_ = true;
    return;
  }
  std::erase_if(next_, refused);
  // A policy of the version in force has to leave the taps first.
  const bool draining = step == Step::kDrain || step == Step::kCount;
  enter(draining ? Step::kFlip : step);
}

}  // namespace superspan::fabric
