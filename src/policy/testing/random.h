// SPDX-License-Identifier: Apache-2.0
// Seeded randomness for tests: SUPERSPAN_SEED repeats a run.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

#include "base/testing/seed.h"

namespace superspan::policy::testing {

using base::testing::seed;

class Random {
 public:
  explicit Random(std::uint64_t stream) : engine_(seed() * 1'000'003 + stream) {}

  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <typename Value>
  Value pick(std::initializer_list<Value> values) {
    return *(values.begin() + below(values.size()));
  }
  std::string word(std::initializer_list<const char*> words) { return pick(words); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace superspan::policy::testing
