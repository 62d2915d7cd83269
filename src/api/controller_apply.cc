// SPDX-License-Identifier: Apache-2.0
// Putting policies: compile off this thread, then all of them in one commit, then wait until they are in force.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/controller.h"

namespace superspan::api {

// One call of apply() on its way. While it is prepared, only the worker thread touches it.
struct Controller::Application {
  std::vector<PolicyBook::Draft> drafts;
  std::vector<Precondition> preconditions;
  ApplyOptions options;
  std::function<void(std::expected<Applied, Refusals>)> done;
  Refusals refusals;
  policy::CompileOptions compile;  // with the names of its time

  void refuse(std::size_t draft, base::Error error) { refusals.push_back({draft, std::move(error)}); }
  // Errors of the book and the engine name the policy as place.
  void refuse(base::Error error) {
    const auto found = std::ranges::find(drafts, error.place, &PolicyBook::Draft::name);
    if (found == drafts.end()) return refusals.push_back({std::nullopt, std::move(error)});
    error.place.clear();
    refuse(static_cast<std::size_t>(found - drafts.begin()), std::move(error));
  }
  void answer_refusals() { done(std::unexpected(std::move(refusals))); }
};

namespace {

using base::ErrorCode;

constexpr std::chrono::seconds kCompileMost{20};

}  // namespace

base::Status Controller::check_precondition(const Precondition& wanted, const std::string& name,
                                            const store::Policy* now) {
  if (wanted.absent && now != nullptr) {
    return base::fail(ErrorCode::kConflict, fmt::format("a policy '{}' exists already", name),
                      "choose another name, or delete it first", "If-None-Match");
  }
  if ((wanted.present || wanted.tag) && now == nullptr) {
    return base::fail(ErrorCode::kConflict, fmt::format("there is no policy '{}' any more", name),
                      "put it without If-Match to make it", "If-Match");
  }
  if (wanted.tag && *wanted.tag != EntityTag{now->number, now->revision}) {
    return base::fail(ErrorCode::kConflict,
                      fmt::format("policy '{}' has changed: its ETag is now \"{}.{}\", not \"{}.{}\"", name,
                                  now->number, now->revision, wanted.tag->number, wanted.tag->revision),
                      "read it again and repeat the change", "If-Match");
  }
  return {};
}

void Controller::apply(std::vector<Draft> drafts, const ApplyOptions& options,
                       std::function<void(std::expected<Applied, Refusals>)> done) {
  auto work = std::make_shared<Application>();
  work->options = options;
  work->done = std::move(done);
  for (auto& draft : drafts) {
    auto known = book_.known(draft.name, draft.text.expression);
    work->drafts.push_back({std::move(draft.name), std::move(draft.text), std::move(known)});
    work->preconditions.push_back(draft.precondition);
  }
  queue(work);
}

void Controller::queue(const std::shared_ptr<Application>& work) {
  work->compile = compile_options();
  std::set<std::string> names;
  std::function<void()> prepare;
  for (const PolicyBook::Draft& draft : work->drafts) {
    names.insert(draft.name);
    if (!draft.compiled) prepare = [work] { compile_drafts(*work); };
  }
  const auto queued = changes_.add(std::move(names), std::move(prepare), [this, work] { make(work); });
  if (queued) return;
  work->refuse(queued.error());
  work->answer_refusals();
}

void Controller::compile_drafts(Application& work) {
  const auto deadline = std::chrono::steady_clock::now() + kCompileMost;
  for (std::size_t index = 0; index < work.drafts.size(); ++index) {
    PolicyBook::Draft& draft = work.drafts[index];
    if (draft.compiled) continue;
    auto compiled = PolicyBook::compile(draft.text.expression, work.compile);
    if (!compiled) {
      work.refuse(index, compiled.error());
    } else {
      draft.compiled = std::move(*compiled);
    }
    if (std::chrono::steady_clock::now() < deadline) continue;
    return work.refuse(index, {ErrorCode::kLimit, "compiling these expressions takes too long",
                               "apply them in several parts, or write simpler ones", "/expression", std::nullopt});
  }
}

void Controller::make(const std::shared_ptr<Application>& application) {
  Application& work = *application;
  if (work.compile.names != names_) {  // the inventory has changed meanwhile
    work.refusals.clear();
    for (PolicyBook::Draft& draft : work.drafts) draft.compiled = nullptr;
    return queue(application);
  }
  for (std::size_t index = 0; index < work.drafts.size(); ++index) {
    const auto* entry = book_.find(work.drafts[index].name);
    const auto status = check_precondition(work.preconditions[index], work.drafts[index].name,
                                           entry == nullptr ? nullptr : &entry->stored);
    if (!status) work.refuse(index, status.error());
  }
  if (!work.refusals.empty()) return work.answer_refusals();
  std::vector<fabric::Slot> held;
  for (const auto& one : engine_.held()) held.push_back(one.slot);
  const auto proposal = book_.put(work.drafts, clock_.wall(), std::move(held));
  if (!proposal) {
    work.refuse(proposal.error());
    return work.answer_refusals();
  }
  if (work.options.dry_run) return try_out(work, *proposal);
  std::vector<News> news;
  for (std::size_t index = 0; index < work.drafts.size(); ++index) {
    const auto effect = proposal->effects[index];
    if (effect == PolicyBook::Effect::kUnchanged) continue;
    const bool created = effect == PolicyBook::Effect::kCreated;
    news.push_back({created ? "policy-created" : "policy-changed", work.drafts[index].name, ""});
  }
  if (const auto committed = proposal->unchanged ? base::Status{} : commit(*proposal, news); !committed) {
    work.refuse(committed.error());
    return work.answer_refusals();
  }
  for (std::size_t index = 0; index < work.drafts.size(); ++index) {
    if (proposal->effects[index] == PolicyBook::Effect::kCreated) nodes_.forget_policy(work.drafts[index].name);
  }
  await(work, proposal->effects);
}

void Controller::try_out(Application& work, const PolicyBook::Proposal& proposal) {
  const auto checked = engine_.check(book_.policy_set(proposal));
  if (!checked) {
    work.refuse(checked.error());
    return work.answer_refusals();
  }
  Applied applied{.policies = {}, .epoch = proposal.change.counters.epoch, .plan = engine_.plan(*checked)};
  for (std::size_t index = 0; index < work.drafts.size(); ++index) {
    const std::string& name = work.drafts[index].name;
    const auto changed = std::ranges::find(proposal.entries, name, [](const auto& entry) { return entry.stored.name; });
    const auto& entry = changed != proposal.entries.end() ? *changed : *book_.find(name);
    applied.policies.push_back({document(entry, nullptr), proposal.effects[index], false});
  }
  work.done(std::move(applied));
}

// Answers when each policy is in force or nothing moves any more, and the disk has the change.
void Controller::await(const Application& work, const std::vector<PolicyBook::Effect>& effects) {
  struct Awaited {
    std::string name;
    std::uint32_t number;
    PolicyBook::Effect effect;
  };
  std::vector<Awaited> all;
  for (std::size_t index = 0; index < effects.size(); ++index) {
    const std::string& name = work.drafts[index].name;
    all.push_back({name, book_.find(name)->stored.number, effects[index]});
  }
  auto answer = [this, all = std::move(all), done = work.done](bool late) {
    const auto views = engine_.policies();
    Applied applied{.policies = {}, .epoch = book_.epoch(), .plan = {}};
    Refusals refusals;
    bool moving = false;
    for (std::size_t index = 0; index < all.size(); ++index) {
      const auto& [name, number, effect] = all[index];
      const auto* entry = book_.find(name);
      if (entry == nullptr || entry->stored.number != number) {
        refusals.push_back({index,
                            {ErrorCode::kConflict, fmt::format("policy '{}' was changed or deleted meanwhile", name),
                             "look at it and decide anew", "", std::nullopt}});
        continue;
      }
      PolicyDocument policy = document(*entry, find_view(views, entry->stored));
      if (policy.state == "failed") {
        refusals.push_back({index,
                            {ErrorCode::kLimit, "the fabric refused the policy: " + policy.why,
                             "delete it or change it; until then it stays listed as failed", "", std::nullopt}});
        continue;
      }
      const bool in_force = policy.state == "active" || policy.state == "ended";
      moving = moving || (!in_force && policy.moving);
      applied.policies.push_back({std::move(policy), effect, in_force});
    }
    if (moving && !late) return false;
    if (refusals.empty()) {
      done(std::move(applied));
    } else {
      done(std::unexpected(std::move(refusals)));
    }
    return true;
  };
  flusher_.when_flushed(
      [this, wait = work.options.wait, done = work.done, answer = std::move(answer)](const base::Status& stored) {
        if (stored) return wait_for(wait, answer);
        done(std::unexpected(Refusals{{std::nullopt, stored.error()}}));
      });
}

}  // namespace superspan::api
