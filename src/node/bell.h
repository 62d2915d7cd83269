// SPDX-License-Identifier: Apache-2.0
// Wakes one thread that waits for work of another one, without a lock: ringing costs an atomic increment while the
// other is awake, and one system call when it sleeps.
//
//   waiter:  const auto seen = bell.rung();  if (!work()) bell.wait(seen, most);
//   ringer:  leave the work where work() finds it, then bell.ring()
// A ring between rung() and wait() is not lost: wait() returns at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace superspan::node {

class Bell {
 public:
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  // Any thread.
  void ring();
  // How often it has rung.
  [[nodiscard]] std::uint64_t rung() const { return rung_.load(std::memory_order_seq_cst); }
  // One thread. Returns when it has rung more than `seen` times, or after `most`.
  void wait(std::uint64_t seen, std::chrono::milliseconds most);

 private:
  int event_;  // eventfd; negative: there was no descriptor left, so waiting is only sleeping
  std::atomic<std::uint64_t> rung_{0};
  std::atomic<bool> waiting_{false};
};

}  // namespace superspan::node
