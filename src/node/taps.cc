// SPDX-License-Identifier: Apache-2.0
#include "node/taps.h"

#include <algorithm>

namespace superspan::node {

TapDirectory::TapDirectory(const TapDirectory& previous, std::span<const AssignedTap> taps) : slots_(previous.slots_) {
  for (const AssignedTap& tap : taps) {
    ids_.push_back(tap.id);
    assigned_[tap.id] = tap;
    const auto place = std::ranges::lower_bound(slots_, tap.id, {}, &Slot::tap);
    if (place != slots_.end() && place->tap == tap.id) continue;
    const std::size_t next = slots_.size() + 1;  // slot 0 is for strangers
    slots_.insert(place, {tap.id, next < kTapSlots ? static_cast<std::uint32_t>(next) : 0});
  }
}

std::size_t TapDirectory::slot(std::uint32_t tap) const {
  const auto place = std::ranges::lower_bound(slots_, tap, {}, &Slot::tap);
  return place != slots_.end() && place->tap == tap ? place->slot : 0;
}

const AssignedTap* TapDirectory::find(std::uint32_t tap) const {
  const auto found = assigned_.find(tap);
  return found == assigned_.end() ? nullptr : &found->second;
}

}  // namespace superspan::node
