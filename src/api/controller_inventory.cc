// SPDX-License-Identifier: Apache-2.0
// What the names of policies mean: another inventory compiles the policies that it is about anew.
#include <fmt/format.h>

#include <utility>

#include "api/controller.h"
#include "policy/inventory_names.h"

namespace superspan::api {

std::shared_ptr<const policy::Names> names_of(std::shared_ptr<const inventory::Snapshot> inventory,
                                              const fabric::Topology& topology) {
  policy::TapNumbers taps;
  for (const fabric::Tap& tap : topology.taps()) taps.emplace(tap.name, tap.id);
  return std::make_shared<policy::InventoryNames>(std::move(inventory), std::move(taps));
}

// One change of the inventory on its way. While it is prepared, only the worker thread touches it.
struct Controller::Recompilation {
  std::vector<PolicyBook::Draft> drafts;
  std::vector<std::pair<std::string, base::Error>> failed;  // name of the policy, why
  policy::CompileOptions options;
};

policy::CompileOptions Controller::compile_options() const {
  policy::CompileOptions options = fabric::compile_options(engine_.topology());
  options.names = names_;
  return options;
}

void Controller::inventory_refused(const base::Error& error) {
  events_.add("inventory-refused", "", "", base::render(error) + "\nthe inventory before stays in force");
}

void Controller::set_inventory(std::shared_ptr<const inventory::Snapshot> inventory) {
  if (inventory_ != nullptr && inventory != nullptr && inventory_->version() == inventory->version()) return;
  inventory_ = std::move(inventory);
  names_ = names_of(inventory_, engine_.topology());
  events_.add("inventory-changed", "", "",
              inventory_ == nullptr
                  ? "there is none any more"
                  : fmt::format("version {}, {} entries", inventory_->version(), inventory_->entries().size()));
  recompile();
}

// Behind the changes under way of the same policies; those that come later compile with the new names.
void Controller::recompile() {
  auto work = std::make_shared<Recompilation>();
  work->options = compile_options();
  std::set<std::string> names;
  for (const auto& [name, entry] : book_.entries()) {
    if (entry.stored.ended) continue;
    names.insert(name);
    work->drafts.push_back({name, entry.stored.text, nullptr});
  }
  if (names.empty()) return;
  const auto compile = [work] {
    std::erase_if(work->drafts, [&](PolicyBook::Draft& draft) {
      auto compiled = PolicyBook::compile(draft.text.expression, work->options);
      if (!compiled) {
        work->failed.emplace_back(draft.name, compiled.error());
        return true;
      }
      draft.compiled = std::move(*compiled);
      return false;
    });
  };
  const auto queued = changes_.add(std::move(names), compile, [this, work] { recompiled(*work); });
  if (!queued) events_.add("policies-stale", "", "", queued.error().message + "; the next inventory is tried again");
}

void Controller::recompiled(Recompilation& work) {
  if (work.options.names != names_) return;  // a newer inventory is on its way
  for (const auto& [name, error] : work.failed) {
    events_.add("policy-stale", name, "", error.message + "; it goes on with the addresses from before");
  }
  std::vector<fabric::Slot> held;
  for (const auto& one : engine_.held()) held.push_back(one.slot);
  const auto proposal = book_.recompile(work.drafts, std::move(held));
  std::vector<News> news;
  if (proposal && !proposal->unchanged) {
    for (const auto& entry : proposal->entries) {
      news.push_back({"policy-changed", entry.stored.name, "its names mean something else now"});
    }
  }
  const auto done = !proposal             ? base::Status(std::unexpected(proposal.error()))
                    : proposal->unchanged ? base::Status{}
                                          : commit(*proposal, news);
  if (!done) {
    events_.add("policies-stale", "", "", done.error().message + "; policies go on with the addresses from before");
  }
}

}  // namespace superspan::api
