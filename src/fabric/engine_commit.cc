// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cassert>

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
  epoch = asked_set_.epoch;
  enter(Step::kNodes);
}

void Engine::Impl::enter(Step next) {
  step = next;
  switch (next) {
    case Step::kIdle:
      return;
    case Step::kNodes:
      assign(current_, next_);
      step_until_ = now_.steady + options_.node_timeout;
      return;
    case Step::kPrepare:
      return prepare();
    case Step::kFlip:
      return flip();
    case Step::kDrain:
      step_until_ = now_.steady + (removes() ? options_.drain_time : base::Duration{0});
      return;
    case Step::kCollect:
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
  switch (step) {
    case Step::kNodes:
      return !adds() || nodes_answered() || now_.steady >= step_until_;
    case Step::kDrain:
      return now_.steady >= step_until_;
    default:
      return std::ranges::none_of(records_, &SwitchRecord::busy);
  }
}

// The versions of a commit were checked when the set was accepted, and dropping failed policies only makes them
// smaller, so making them again cannot fail.
void Engine::Impl::want(SwitchIndex at, const Wanted& wanted) {
  DesiredFlows flows = planner_.flows(wanted, at);
  SwitchRecord& record = records_[at];
  if (!record.desired || !changes(*record.desired, flows).empty()) {
    record.desired = std::make_shared<const DesiredFlows>(std::move(flows));
  }
  pursue(at);
}

void Engine::Impl::prepare() {
  if (!adds()) return;
  const auto both = planner_.make(current_, next_, current_epoch_);
  assert(both);
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    // Where no copies arrive over links, classes and routes change together, in the flip.
    if (gets_copies(*both, at)) want(at, *both);
  }
}

void Engine::Impl::flip() {
  const auto both = planner_.make(next_, current_, epoch);
  const auto steady = planner_.make(next_, next_, epoch);
  assert(both && steady);
  std::set<SwitchIndex> filters;
  for (const Tap& tap : topology->taps()) filters.insert(tap.where.at);
  for (const SwitchIndex at : filters) want(at, gets_copies(*both, at) ? *both : *steady);
}

void Engine::Impl::collect() {
  auto steady = planner_.make(next_, next_, epoch);
  assert(steady);
  for (SwitchIndex at = 0; at < records_.size(); ++at) want(at, *steady);
  steady_ = std::move(*steady);
}

void Engine::Impl::finish_commit() {
  current_ = next_;
  current_epoch_ = epoch;
  assign(current_, {});
  step = Step::kIdle;
}

// Takes policies back that a switch refused. The others of the commit go on from the step where they are.
void Engine::Impl::fail_policies(const Numbers& numbers, const std::string& words) {
  for (const std::uint32_t number : numbers) {
    failed_[number] = words;
    emit(Event::Kind::kPolicyFailed, name_of(number), "", words);
  }
  const auto refused = [&numbers](const PlacedPolicy& policy) { return numbers.contains(policy.number()); };
  if (step == Step::kIdle) {
    changed_ = true;
    return;
  }
  std::erase_if(next_, refused);
  if (step == Step::kPrepare || step == Step::kFlip || step == Step::kCollect) enter(step);
}

}  // namespace superspan::fabric
