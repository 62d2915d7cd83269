// SPDX-License-Identifier: Apache-2.0
// The policies and what a change of them means: numbers, bits, epochs, revisions, compiled forms. No I/O. A change is
// first proposed, then made durable by the caller, then taken over; a proposal that is dropped changes nothing.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fabric/policy.h"
#include "policy/compile.h"
#include "store/store.h"

namespace superspan::api {

inline constexpr std::size_t kEndedPoliciesMax = 1000;
inline constexpr auto kEndedPolicyAge = std::chrono::hours(24);

class PolicyBook {
 public:
  struct Entry {
    store::Policy stored;
    std::shared_ptr<const policy::CompiledPolicy> compiled;  // null if ended
  };
  using Compiled = std::shared_ptr<const policy::CompiledPolicy>;
  struct Draft {
    std::string name;
    store::PolicyText text;
    Compiled compiled;  // text.expression
  };
  enum class Effect : std::uint8_t { kCreated, kChanged, kUnchanged };  // created: there was none in force
  struct Proposal {
    store::Change change;
    bool unchanged = false;       // nothing to do; `change` is empty
    std::vector<Effect> effects;  // of put(): one for each draft
    std::vector<Entry> entries;
  };

  // What the store holds; `options` are those of the fabric (fabric::compile_options). A policy whose expression does
  // not compile any more is ended by the proposal, which is empty (unchanged) otherwise.
  [[nodiscard]] static PolicyBook load(store::Contents contents, const policy::CompileOptions& options,
                                       base::WallTime now, Proposal& repair);

  // kInvalid with place "/expression" and a mark. Takes up to a second; any thread may call it.
  [[nodiscard]] static base::Result<Compiled> compile(const std::string& expression,
                                                      const policy::CompileOptions& options);
  // What the policy in force of that name has, if its expression is this one; else null.
  [[nodiscard]] Compiled known(const std::string& name, const std::string& expression) const;

  // All of them in one change. Their names differ. kLimit (place: a name) if bits or numbers are used up.
  [[nodiscard]] base::Result<Proposal> put(std::span<const Draft> drafts, base::WallTime now,
                                           std::vector<fabric::Slot> held = {}) const;
  // The same texts, compiled anew because names mean something else now: like an edit, with other bits and numbers.
  // Those that are not in force any more, or are other texts, are passed over; unchanged if all are. kLimit as in
  // put().
  [[nodiscard]] base::Result<Proposal> recompile(std::span<const Draft> drafts,
                                                 std::vector<fabric::Slot> held = {}) const;
  // kNotFound
  [[nodiscard]] base::Result<Proposal> remove(const std::string& name) const;
  // The policies stay listed. Those that are not in force any more, or are others of that name, are passed over;
  // unchanged if all are.
  struct Ending {
    std::uint32_t number = 0;
    std::string because;
  };
  using Endings = std::map<std::string, Ending>;  // by name
  [[nodiscard]] Proposal end(const Endings& endings, base::WallTime now) const;
  // Forgets ended policies that are too old or too many.
  [[nodiscard]] Proposal prune(base::WallTime now) const;

  // After `proposal` was accepted; it must be of this book, as it is now.
  void take_over(const Proposal& proposal);

  // The policies in force, with the proposal or without.
  [[nodiscard]] fabric::PolicySet policy_set() const { return policy_set_with(nullptr); }
  [[nodiscard]] fabric::PolicySet policy_set(const Proposal& proposal) const { return policy_set_with(&proposal); }

  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(const std::string& name) const;
  [[nodiscard]] std::uint32_t epoch() const { return counters_.epoch; }

 private:
  [[nodiscard]] std::vector<fabric::Slot> with_slots_in_use(std::vector<fabric::Slot> held) const;
  [[nodiscard]] Proposal of_next_epoch() const;
  [[nodiscard]] fabric::PolicySet policy_set_with(const Proposal* proposal) const;
  // Adds to `taken`.
  [[nodiscard]] static base::Status give_slot(store::Policy& policy, store::Counters& counters,
                                              std::vector<fabric::Slot>& taken);

  store::Counters counters_;
  std::map<std::string, Entry> entries_;
};

}  // namespace superspan::api
