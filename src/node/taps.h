// SPDX-License-Identifier: Apache-2.0
// The taps of the assignment, each with a slot for counters that it keeps as long as the process lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "node/assignment.h"

namespace superspan::node {

// Counters of so many taps are kept apart; the others share slot 0.
inline constexpr std::size_t kTapSlots = 1024;

// Immutable.
class TapDirectory {
 public:
  TapDirectory() = default;
  // Taps that `previous` knows keep their slots, whether they are still assigned or not.
  TapDirectory(const TapDirectory& previous, std::span<const AssignedTap> taps);

  [[nodiscard]] std::size_t slot(std::uint32_t tap) const;         // 0: not a tap of ours, or too many taps
  [[nodiscard]] const AssignedTap* find(std::uint32_t tap) const;  // null: not assigned now
  [[nodiscard]] const std::vector<std::uint32_t>& ids() const { return ids_; }

 private:
  struct Slot {
    std::uint32_t tap;
    std::uint32_t slot;
  };
  std::vector<std::uint32_t> ids_;  // assigned now, as listed
  std::map<std::uint32_t, AssignedTap> assigned_;
  std::vector<Slot> slots_;  // ever seen, sorted by tap
};

// The directory in force, for threads that are not on the packet path.
class SharedTaps {
 public:
  [[nodiscard]] std::shared_ptr<const TapDirectory> get() const {
    const std::lock_guard lock(mutex_);
    return taps_;
  }
  void set(std::shared_ptr<const TapDirectory> taps) {
    const std::lock_guard lock(mutex_);
    taps_ = std::move(taps);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TapDirectory> taps_ = std::make_shared<TapDirectory>();
};

}  // namespace superspan::node
