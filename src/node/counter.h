// SPDX-License-Identifier: Apache-2.0
// A number that one thread counts and any thread reads. Counting is a plain load and store: no lock, no atomic
// read-modify-write, because there is only one writer.
#pragma once

#include <atomic>
#include <cstdint>

namespace superspan::node {

class Counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace superspan::node
