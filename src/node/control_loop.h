// SPDX-License-Identifier: Apache-2.0
// The control thread: runs jobs in order and a tick in between.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace superspan::node {

class ControlLoop {
 public:
  // Any thread. After stop() jobs are not run any more, only destroyed.
  void post(std::function<void()> job);
  // Returns after stop(). `tick` is called about every `interval`, never at the same time as a job.
  void run(const std::function<void()>& tick, std::chrono::milliseconds interval);
  // Any thread, not a signal handler.
  void stop();

 private:
  std::mutex mutex_;  // of the rest
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
};

}  // namespace superspan::node
