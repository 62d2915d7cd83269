// SPDX-License-Identifier: Apache-2.0
// Times of frames that are taken in bursts with one look at the clock: every frame gets a time of its own, later than
// all before it, in the order of arrival. docs/formats/pcapng.md says what these times mean.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace superspan::node {

class BurstClock {
 public:
  // A wall clock that goes back by more than this was set, and times go back with it. Less is evened out.
  static constexpr std::chrono::seconds kSetBack{1};

  // The time of the first frame of a burst that was taken at `now`; each further one is 1 ns later.
  [[nodiscard]] base::WallTime stamp(base::WallTime now, std::size_t frames) {
    const base::WallTime first = now > next_ - kSetBack ? std::max(now, next_) : now;
    next_ = first + base::Duration(frames);
    return first;
  }

 private:
  base::WallTime next_;  // after the last one given
};

}  // namespace superspan::node
