// SPDX-License-Identifier: Apache-2.0
#include "node/assignment_order.h"

#include <fmt/format.h>

#include <algorithm>

namespace superspan::node {
namespace {

// A request does not stay under way for so many restarts of the controller.
constexpr std::size_t kReplacedMax = 64;

}  // namespace

base::Status AssignmentOrder::check(const std::string& controller, std::uint64_t revision) const {
  if (std::ranges::find(replaced_, controller) != replaced_.end()) {
    return base::fail(base::ErrorCode::kConflict, "another controller has taken over this node",
                      "a controller that starts or takes over sends a new 'controller'", "/controller");
  }
  if (controller == controller_ && revision < revision_) {
    return base::fail(base::ErrorCode::kConflict, fmt::format("assignment {} is older than {}", revision, revision_),
                      "it was overtaken; nothing needs to be done", "/revision");
  }
  return {};
}

void AssignmentOrder::take(const std::string& controller, std::uint64_t revision) {
  if (controller != controller_ && !controller_.empty()) {
    replaced_.push_back(controller_);
    if (replaced_.size() > kReplacedMax) replaced_.pop_front();
  }
  controller_ = controller;
  revision_ = revision;
}

}  // namespace superspan::node
