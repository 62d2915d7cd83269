// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "store/rules.h"
#include "store/store.h"

namespace superspan::store {
namespace {

class MemoryStore final : public Store {
 public:
  base::Result<Contents> load() override {
    Contents contents{counters_, {}};
    for (const auto& [name, policy] : policies_) contents.policies.push_back(policy);
    return contents;
  }

  base::Status commit(const Change& change) override {
    if (auto good = check_counters(counters_, change.counters); !good) return good;
    auto policies = policies_;
    for (const auto& name : change.removed) policies.erase(name);
    for (const auto& policy : change.put) policies.insert_or_assign(policy.name, policy);
    std::set<std::uint32_t> numbers;
    for (const auto& [name, policy] : policies) {
      if (!numbers.insert(policy.number).second) return number_taken(policy);
    }
    policies_ = std::move(policies);
    counters_ = change.counters;
    return {};
  }

  base::Status flush() override { return {}; }

 private:
  Counters counters_;
  std::map<std::string, Policy> policies_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace superspan::store
