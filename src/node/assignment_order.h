// SPDX-License-Identifier: Apache-2.0
// Which of two assignments is newer. Requests can overtake each other: one that was sent, given up and sent again may
// arrive after a later one, also from a controller that has died meanwhile.
//
// - Of one controller, a smaller revision is older. The same revision again is the same assignment.
// - A controller that was not seen before is newer than all that were: it is the one that started last.
// - A controller that was replaced by another stays replaced. (One that takes over again, takes a new name.)
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/result.h"

namespace superspan::node {

class AssignmentOrder {
 public:
  // kConflict for an assignment that is older than the newest one taken.
  [[nodiscard]] base::Status check(const std::string& controller, std::uint64_t revision) const;
  // For one that check() lets pass.
  void take(const std::string& controller, std::uint64_t revision);

 private:
  std::string controller_;  // empty: none yet
  std::uint64_t revision_ = 0;
  std::deque<std::string> replaced_;  // controllers, the latest last
};

}  // namespace superspan::node
