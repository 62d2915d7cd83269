// SPDX-License-Identifier: Apache-2.0
#include "node/control_loop.h"

#include <utility>

namespace superspan::node {

void ControlLoop::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void ControlLoop::run(const std::function<void()>& tick, std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, interval, [this] { return stopping_ || !jobs_.empty(); });
    std::deque<std::function<void()>> jobs;
    jobs.swap(jobs_);
    lock.unlock();
    for (const auto& job : jobs) job();
    jobs.clear();
    tick();
    lock.lock();
  }
}

void ControlLoop::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_one();
}

}  // namespace superspan::node
