// SPDX-License-Identifier: Apache-2.0
#include "api/change_queue.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace superspan::api {

ChangeQueue::~ChangeQueue() {
  pool_.stop();
  pool_.join();
}

base::Status ChangeQueue::add(std::set<std::string> names, std::function<void()> prepare, std::function<void()> make) {
  if (changes_.size() >= kChangesMax) {
    return base::fail(base::ErrorCode::kUnavailable, "too many changes wait for their expressions to be compiled",
                      "try again in some seconds");
  }
  const auto change = changes_.insert(changes_.end(), {std::move(names), std::move(make), !prepare});
  if (!prepare) {
    make_all();
    return {};
  }
  boost::asio::post(pool_, [this, alive = std::weak_ptr(alive_), change, prepare = std::move(prepare)] {
    prepare();
    boost::asio::post(io_, [this, alive, change] {
      if (alive.expired()) return;
      change->prepared = true;
      make_all();
    });
  });
  return {};
}

// A change that is made may add another.
void ChangeQueue::make_all() {
  if (std::exchange(making_, true)) return;
  for (auto change = next(); change != changes_.end(); change = next()) {
    const auto make = std::move(change->make);
    changes_.erase(change);
    make();
  }
  making_ = false;
}

// The first that is prepared and has no earlier one to wait for.
ChangeQueue::Changes::iterator ChangeQueue::next() {
  std::set<std::string> taken;
  for (auto change = changes_.begin(); change != changes_.end(); ++change) {
    const bool free =
        std::ranges::none_of(change->names, [&](const std::string& name) { return taken.contains(name); });
    if (free && change->prepared) return change;
    taken.insert(change->names.begin(), change->names.end());
  }
  return changes_.end();
}

}  // namespace superspan::api
