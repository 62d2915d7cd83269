// SPDX-License-Identifier: Apache-2.0
#include "api/policy_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/policy_json.h"

namespace superspan::api {
namespace {

using base::ErrorCode;

constexpr std::uint32_t kNumberMax = 0xffffff;

// A bit may go on meaning the same policy only while these are the same.
bool same_copies(const store::PolicyText& left, const store::PolicyText& right) {
  return left.expression == right.expression && left.taps == right.taps && left.tools == right.tools;
}

fabric::Policy fabric_policy(const PolicyBook::Entry& entry) {
  const store::Policy& stored = entry.stored;
  fabric::Policy policy;
  policy.name = stored.name;
  policy.number = stored.number;
  policy.slot = {stored.name_space, stored.bit};
  policy.from_epoch = stored.from_epoch;
  policy.compiled = entry.compiled;
  policy.taps = stored.text.taps;
  policy.tools = stored.text.tools;
  policy.record = stored.text.record;
  policy.stream = stored.text.stream;
  policy.snaplen = stored.text.snaplen;
  policy.limits = {stored.text.duration_s, stored.text.packets, stored.text.bytes};
  policy.owner = stored.text.owner;
  policy.reason = stored.text.reason;
  policy.ticket = stored.text.ticket;
  policy.created = time_text(stored.created);
  policy.created_at = stored.created;
  return policy;
}

std::unexpected<base::Error> no_policy(const std::string& name) {
  return base::fail(ErrorCode::kNotFound, fmt::format("no policy '{}'", name), "GET /v1/policies lists them");
}

}  // namespace

PolicyBook PolicyBook::load(store::Contents contents, const policy::CompileOptions& options, base::WallTime now,
                            Proposal& repair) {
  PolicyBook book;
  book.counters_ = contents.counters;
  repair.change.counters = contents.counters;
  for (auto& stored : contents.policies) {
    Entry entry{std::move(stored), nullptr};
    if (!entry.stored.ended) {
      auto compiled = compile(entry.stored.text.expression, options);
      if (compiled) {
        entry.compiled = std::move(*compiled);
      } else {
        entry.stored.ended = true;
        entry.stored.ended_at = now;
        entry.stored.ended_because = "the expression does not compile any more: " + compiled.error().message;
        repair.change.counters.epoch = book.counters_.epoch + 1;
        repair.change.put.push_back(entry.stored);
        repair.entries.push_back(entry);
      }
    }
    book.entries_.emplace(entry.stored.name, entry);
  }
  repair.unchanged = repair.entries.empty();
  return book;
}

const PolicyBook::Entry* PolicyBook::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

base::Result<PolicyBook::Compiled> PolicyBook::compile(const std::string& expression,
                                                       const policy::CompileOptions& options) {
  auto compiled = policy::compile(expression, options);
  if (compiled) return std::make_shared<const policy::CompiledPolicy>(std::move(*compiled));
  base::Error error = compiled.error();
  error.place = "/expression";
  return std::unexpected(std::move(error));
}

PolicyBook::Compiled PolicyBook::known(const std::string& name, const std::string& expression) const {
  const Entry* entry = find(name);
  return entry != nullptr && entry->stored.text.expression == expression ? entry->compiled : nullptr;
}

base::Status PolicyBook::give_slot(store::Policy& policy, store::Counters& counters, std::vector<fabric::Slot>& taken) {
  if (counters.next_number > kNumberMax) {
    return base::fail(ErrorCode::kLimit, "all 16777215 policy numbers are used up", "begin with a new state directory");
  }
  std::optional<fabric::Slot> latest;
  if (counters.latest) latest = fabric::Slot{counters.latest->name_space, counters.latest->bit};
  const auto slot = fabric::choose_slot(taken, latest);
  if (!slot) return std::unexpected(slot.error());
  taken.push_back(*slot);
  policy.number = counters.next_number++;
  policy.name_space = slot->name_space;
  policy.bit = slot->bit;
  policy.from_epoch = counters.epoch;
  counters.latest = store::Slot{slot->name_space, slot->bit};
  return {};
}

PolicyBook::Proposal PolicyBook::of_next_epoch() const {
  Proposal proposal;
  proposal.change.counters = counters_;
  ++proposal.change.counters.epoch;
  return proposal;
}

// The bit of a policy that is edited is still in use while copies are under way, so it counts as taken.
std::vector<fabric::Slot> PolicyBook::with_slots_in_use(std::vector<fabric::Slot> held) const {
  for (const auto& [name, entry] : entries_) {
    if (!entry.stored.ended) held.push_back({entry.stored.name_space, entry.stored.bit});
  }
  return held;
}

base::Result<PolicyBook::Proposal> PolicyBook::recompile(std::span<const Draft> drafts,
                                                         std::vector<fabric::Slot> held) const {
  std::vector<fabric::Slot> taken = with_slots_in_use(std::move(held));
  Proposal proposal = of_next_epoch();
  for (const Draft& draft : drafts) {
    const Entry* before = find(draft.name);
    if (before == nullptr || before->stored.ended || before->stored.text != draft.text) continue;
    if (before->compiled->rules == draft.compiled->rules && before->compiled->residual == draft.compiled->residual) {
      continue;
    }
    Entry entry = *before;
    entry.compiled = draft.compiled;
    if (auto given = give_slot(entry.stored, proposal.change.counters, taken); !given) {
      given.error().place = draft.name;
      return std::unexpected(given.error());
    }
    proposal.change.put.push_back(entry.stored);
    proposal.entries.push_back(std::move(entry));
  }
  proposal.unchanged = proposal.entries.empty();
  if (proposal.unchanged) proposal.change.counters = counters_;
  return proposal;
}

base::Result<PolicyBook::Proposal> PolicyBook::put(std::span<const Draft> drafts, base::WallTime now,
                                                   std::vector<fabric::Slot> held) const {
  std::vector<fabric::Slot> taken = with_slots_in_use(std::move(held));
  Proposal proposal = of_next_epoch();
  for (const Draft& draft : drafts) {
    const Entry* before = find(draft.name);
    const bool in_force = before != nullptr && !before->stored.ended;
    if (in_force && before->stored.text == draft.text) {
      proposal.effects.push_back(Effect::kUnchanged);
      continue;
    }
    proposal.effects.push_back(in_force ? Effect::kChanged : Effect::kCreated);
    Entry entry = in_force ? *before : Entry{};
    if (!in_force || !same_copies(before->stored.text, draft.text)) {
      entry.compiled = draft.compiled;
      if (auto given = give_slot(entry.stored, proposal.change.counters, taken); !given) {
        given.error().place = draft.name;
        return std::unexpected(given.error());
      }
    }
    entry.stored.name = draft.name;
    entry.stored.text = draft.text;
    entry.stored.revision = before == nullptr ? 1 : before->stored.revision + 1;
    if (!in_force) entry.stored.created = now;
    proposal.change.put.push_back(entry.stored);
    proposal.entries.push_back(std::move(entry));
  }
  proposal.unchanged = proposal.entries.empty();
  if (proposal.unchanged) proposal.change.counters = counters_;
  return proposal;
}

base::Result<PolicyBook::Proposal> PolicyBook::remove(const std::string& name) const {
  const Entry* entry = find(name);
  if (entry == nullptr) return no_policy(name);
  Proposal proposal;
  proposal.change.counters = counters_;
  if (!entry->stored.ended) ++proposal.change.counters.epoch;
  proposal.change.removed = {name};
  return proposal;
}

PolicyBook::Proposal PolicyBook::end(const Endings& endings, base::WallTime now) const {
  Proposal proposal = prune(now);
  proposal.unchanged = true;
  for (const auto& [name, ending] : endings) {
    const Entry* before = find(name);
    if (before == nullptr || before->stored.ended || before->stored.number != ending.number) continue;
    proposal.unchanged = false;
    Entry entry{before->stored, nullptr};
    entry.stored.ended = true;
    entry.stored.ended_at = now;
    entry.stored.ended_because = ending.because;
    proposal.change.put.push_back(entry.stored);
    proposal.entries.push_back(std::move(entry));
  }
  if (!proposal.unchanged) ++proposal.change.counters.epoch;
  return proposal;
}

PolicyBook::Proposal PolicyBook::prune(base::WallTime now) const {
  std::vector<const store::Policy*> ended;
  for (const auto& [name, entry] : entries_) {
    if (entry.stored.ended) ended.push_back(&entry.stored);
  }
  std::ranges::sort(ended, std::greater{}, &store::Policy::ended_at);
  Proposal proposal;
  proposal.change.counters = counters_;
  for (std::size_t index = 0; index < ended.size(); ++index) {
    if (index >= kEndedPoliciesMax || now - ended[index]->ended_at > kEndedPolicyAge) {
      proposal.change.removed.push_back(ended[index]->name);
    }
  }
  proposal.unchanged = proposal.change.removed.empty();
  return proposal;
}

void PolicyBook::take_over(const Proposal& proposal) {
  counters_ = proposal.change.counters;
  for (const auto& name : proposal.change.removed) entries_.erase(name);
  for (const auto& entry : proposal.entries) entries_.insert_or_assign(entry.stored.name, entry);
}

fabric::PolicySet PolicyBook::policy_set_with(const Proposal* proposal) const {
  std::map<std::string, const Entry*> in_force;
  for (const auto& [name, entry] : entries_) in_force[name] = &entry;
  fabric::PolicySet set;
  set.epoch = counters_.epoch;
  if (proposal != nullptr) {
    for (const auto& name : proposal->change.removed) in_force.erase(name);
    for (const auto& entry : proposal->entries) in_force[entry.stored.name] = &entry;
    set.epoch = proposal->change.counters.epoch;
  }
  for (const auto& [name, entry] : in_force) {
    if (!entry->stored.ended) set.policies.push_back(fabric_policy(*entry));
  }
  return set;
}

}  // namespace superspan::api
