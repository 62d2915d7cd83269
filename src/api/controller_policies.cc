// SPDX-License-Identifier: Apache-2.0
// The life of policies: put, remove, end, and those who wait for it.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "api/controller.h"

namespace superspan::api {

// --- changes ---

// Clients that ask meanwhile get the error; of what the controller does by itself, people hear once.
void Controller::note_store(bool& failing, const base::Status& status) {
  const bool was_failing = std::exchange(failing, !status);
  if (!status && !was_failing) {
    events_.add("store-failed", "", "",
                status.error().message + "; policies go on as they are, also beyond their limits, until it works");
  }
  if (status && was_failing) {
    events_.add("store-recovered", "", "", "changes are stored again");
    end_retry_.worked();
  }
}

base::Status Controller::persist(const store::Change& change) {
  auto stored = store_->commit(change);
  note_store(store_failing_, stored);
  if (!stored) return stored;
  flusher_.committed();
  committed_ = clock_.steady();
  return {};
}

// The store has it before any switch hears of it. It is on the disk before any client hears of it: those wait for
// flusher_.
base::Status Controller::write(const PolicyBook::Proposal& proposal, const std::vector<News>& news) {
  if (auto stored = persist(proposal.change); !stored) return stored;
  book_.take_over(proposal);
  for (const auto& each : news) events_.add(each.type, each.policy, "", each.text);
  return {};
}

base::Status Controller::commit(const PolicyBook::Proposal& proposal, const std::vector<News>& news) {
  // Only ended policies change: nothing for the fabric.
  if (proposal.change.counters.epoch == book_.epoch()) return write(proposal, news);
  auto checked = engine_.check(book_.policy_set(proposal));
  if (!checked) return std::unexpected(checked.error());
  if (auto written = write(proposal, news); !written) return written;
  execute(engine_.set_policies(std::move(*checked), now()));
  return {};
}

// Behind the changes of that name that are still being prepared: a client may give one up and delete it.
void Controller::remove_policy(const std::string& name, const Precondition& precondition, base::Duration wait,
                               const std::function<void(base::Result<Removed>)>& done) {
  const auto queued = changes_.add({name}, {}, [=, this] { remove_now(name, precondition, wait, done); });
  if (!queued) done(std::unexpected(queued.error()));
}

void Controller::remove_now(const std::string& name, const Precondition& precondition, base::Duration wait,
                            std::function<void(base::Result<Removed>)> done) {
  const auto* entry = book_.find(name);
  if (auto status = check_precondition(precondition, name, entry == nullptr ? nullptr : &entry->stored); !status) {
    return done(std::unexpected(status.error()));
  }
  const auto proposal = book_.remove(name);
  if (!proposal) return done(std::unexpected(proposal.error()));
  const std::uint32_t number = entry->stored.number;
  leaving_counters_[number] = {number, statistics(name)->hops, false};
  auto leave = [this, number, done = std::move(done)](base::Result<Removed> removed) {
    leaving_counters_.erase(number);
    done(std::move(removed));
  };
  if (auto committed = commit(*proposal, {{"policy-deleted", name, ""}}); !committed) {
    return leave(std::unexpected(committed.error()));
  }
  nodes_.forget_policy(name);
  auto answer = [this, number, leave](bool late) {
    Removed removed = take_leave(number);
    if (!removed.done && !late) return false;
    leave(std::move(removed));
    return true;
  };
  when_stored<Removed>(leave, [this, wait, answer = std::move(answer)] { wait_for(wait, answer, true); });
}

// How far the fabric is with forgetting a policy.
Controller::Removed Controller::take_leave(std::uint32_t number) {
  Removed removed{.done = true, .held_by = {}, .counters = leaving_counters_[number]};
  for (const auto& held : engine_.held()) {
    if (held.number != number) continue;
    removed.done = !held.moving;
    removed.held_by = held.holders;
  }
  return removed;
}

void Controller::end_later(const std::string& policy, std::string because) {
  const auto* entry = book_.find(policy);
  if (entry != nullptr) to_end_.insert_or_assign(policy, PolicyBook::Ending{entry->stored.number, std::move(because)});
}

// Policies that cannot be ended now (the disk is full) are tried again, ever more seldom.
void Controller::end_due_policies() {
  if (to_end_.empty() || !end_retry_.due(clock_.steady())) return;
  const auto proposal = book_.end(to_end_, clock_.wall());
  if (proposal.unchanged) return to_end_.clear();  // somebody else was faster
  std::vector<News> news;
  for (const auto& policy : proposal.change.put) {
    remember_end(policy.name);
    news.push_back({"policy-ended", policy.name, policy.ended_because});
  }
  if (const auto committed = commit(proposal, news); !committed) {
    const bool told = end_retry_.failing() || store_failing_;
    if (!told) events_.add("policy-end-delayed", to_end_.begin()->first, "", committed.error().message);
    return end_retry_.failed(clock_.steady());
  }
  end_retry_.worked();
  to_end_.clear();
  for (const auto& forgotten : proposal.change.removed) nodes_.forget_policy(forgotten);
}

void Controller::prune() {
  const auto proposal = book_.prune(clock_.wall());
  const auto count = proposal.change.removed.size();
  if (proposal.unchanged || !commit(proposal, {{"policies-forgotten", "", fmt::format("{} ended policies", count)}}))
    return;
  for (const auto& forgotten : proposal.change.removed) nodes_.forget_policy(forgotten);
}

void Controller::forget_old_ends() {
  const auto numbers = std::views::values(book_.entries()) |
                       std::views::transform([](const PolicyBook::Entry& entry) { return entry.stored.number; });
  const std::set<std::uint32_t> known(numbers.begin(), numbers.end());
  const auto is_old = [&known](const auto& entry) { return !known.contains(entry.first); };
  std::erase_if(ended_counters_, is_old);
  std::erase_if(ended_destinations_, is_old);
}

// --- waiting ---

void Controller::wait_for(base::Duration wait, std::function<bool(bool late)> answered, bool always) {
  if (answered(wait <= base::Duration{0})) return;
  waiters_.push_back({clock_.steady() + wait, std::move(answered), always});
}

// Asking costs a view of all policies, so it is done only when something may have changed.
void Controller::check_waiters() {
  const auto steady = clock_.steady();
  const bool look = std::exchange(look_, false) || engine_.idle();
  // A callback may start a wait of its own.
  auto waiters = std::exchange(waiters_, {});
  std::erase_if(waiters, [&](const Waiter& waiter) {
    const bool late = steady >= waiter.until;
    return (look || late || waiter.always) && waiter.answered(late);
  });
  std::ranges::move(waiters, std::back_inserter(waiters_));
}

// --- views ---

const fabric::PolicyView* Controller::find_view(const std::vector<fabric::PolicyView>& views,
                                                const store::Policy& policy) const {
  const auto found = std::ranges::find(views, policy.number, &fabric::PolicyView::number);
  return found == views.end() ? nullptr : &*found;
}

PolicyDocument Controller::document(const PolicyBook::Entry& entry, const fabric::PolicyView* view) const {
  PolicyDocument policy;
  policy.stored = entry.stored;
  if (entry.stored.ended) {
    policy.state = "ended";
    const auto last = ended_destinations_.find(entry.stored.number);
    if (last != ended_destinations_.end()) policy.destinations = last->second;
    return policy;
  }
  policy.residual = entry.compiled->residual ? entry.compiled->residual->expression : "";
  policy.overmatches = entry.compiled->overmatches;
  policy.state = view == nullptr ? "pending" : fabric::to_string(view->state);
  if (view != nullptr) {
    policy.why = view->why;
    policy.moving = view->moving;
    policy.warnings = view->warnings;
    policy.destinations = view->destinations;
  }
  return policy;
}

std::vector<PolicyDocument> Controller::policies() const {
  const auto views = engine_.policies();
  std::vector<PolicyDocument> documents;
  for (const auto& [name, entry] : book_.entries())
    documents.push_back(document(entry, find_view(views, entry.stored)));
  return documents;
}

std::optional<PolicyDocument> Controller::policy(const std::string& name) const {
  const auto* entry = book_.find(name);
  if (entry == nullptr) return std::nullopt;
  const auto views = engine_.policies();
  return document(*entry, find_view(views, entry->stored));
}

Controller::Statistics Controller::statistics_of(const PolicyBook::Entry& entry, const fabric::PolicyView* view) const {
  const std::string& policy = entry.stored.name;
  Statistics statistics{policy, {}, {}};
  if (view != nullptr) {
    statistics.hops = view->hops;
  } else if (const auto last = ended_counters_.find(entry.stored.number); last != ended_counters_.end()) {
    statistics.hops = last->second.hops;
  }
  for (const auto& [name, node] : nodes_.entries()) {
    const auto* counters = NodeDirectory::policy_counters(node, policy, entry.stored.number);
    if (counters != nullptr) statistics.nodes.emplace_back(name, *counters);
  }
  return statistics;
}

std::optional<Controller::Statistics> Controller::statistics(const std::string& policy) const {
  const auto* entry = book_.find(policy);
  if (entry == nullptr) return std::nullopt;
  const auto views = engine_.policies();
  return statistics_of(*entry, find_view(views, entry->stored));
}

std::vector<Controller::Statistics> Controller::all_statistics() const {
  const auto views = engine_.policies();
  std::vector<Statistics> all;
  for (const auto& [name, entry] : book_.entries()) all.push_back(statistics_of(entry, find_view(views, entry.stored)));
  return all;
}

void Controller::remember_end(const std::string& policy) {
  const auto* entry = book_.find(policy);
  if (entry == nullptr) return;
  const std::uint32_t number = entry->stored.number;
  ended_counters_[number] = {number, statistics(policy)->hops, false};
  ended_destinations_[number] = this->policy(policy)->destinations;
}

}  // namespace superspan::api
