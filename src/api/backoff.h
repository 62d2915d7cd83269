// SPDX-License-Identifier: Apache-2.0
// When to try again what has failed: after a pause that doubles with each failure, up to a most.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace superspan::api {

class Backoff {
 public:
  Backoff(base::Duration first, base::Duration most) : first_(first), most_(most) {}

  [[nodiscard]] bool failing() const { return pause_ != base::Duration{0}; }
  [[nodiscard]] bool due(base::SteadyTime now) const { return !failing() || now >= again_; }
  void failed(base::SteadyTime now) {
    pause_ = failing() ? std::min(2 * pause_, most_) : first_;
    again_ = now + pause_;
  }
  void worked() { pause_ = base::Duration{0}; }

 private:
  base::Duration first_;
  base::Duration most_;
  base::Duration pause_{0};
  base::SteadyTime again_;
};

}  // namespace superspan::api
