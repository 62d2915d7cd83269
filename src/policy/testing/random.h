// SPDX-License-Identifier: Apache-2.0
// Seeded randomness for tests: SUPERSPAN_SEED repeats a run.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>

namespace superspan::policy::testing {

inline std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("SUPERSPAN_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    std::printf("SUPERSPAN_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return value;
}

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
