// SPDX-License-Identifier: Apache-2.0
// Time is injected: code below apps/ never asks the machine what time it is, it is told.
#pragma once

#include <chrono>

namespace superspan::base {

using Duration = std::chrono::nanoseconds;
// Wall clock, nanoseconds since 1970-01-01 UTC. For people and files; never for ordering or leases.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
// Monotonic, nanoseconds since an arbitrary start. For timeouts, limits and rates.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

// A clock that stands still until a test moves it. Not thread-safe.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return WallTime{elapsed_}; }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime{elapsed_}; }
  void advance(Duration by) { elapsed_ += by; }

 private:
  Duration elapsed_{0};
};

}  // namespace superspan::base
