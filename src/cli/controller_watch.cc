// SPDX-License-Identifier: Apache-2.0
#include "cli/controller_watch.h"

#include <utility>

namespace superspan::cli {
namespace {

constexpr std::chrono::milliseconds kTimeout{2000};
constexpr std::chrono::milliseconds kPause{500};
constexpr int kInVain = 2;

bool is_answer(const base::Result<boost::json::value>& answer) {
  return answer ||
         (answer.error().code != base::ErrorCode::kUnavailable && answer.error().code != base::ErrorCode::kTimeout);
}

}  // namespace

ControllerWatch::ControllerWatch(const Controller& controller)
    : thread_([this, own = controller.with_timeout(kTimeout)]() mutable { run(std::move(own)); }) {}

ControllerWatch::~ControllerWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::optional<bool> ControllerWatch::news() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(told_, answers_) == answers_) return std::nullopt;
  return answers_;
}

void ControllerWatch::run(Controller controller) {
  int in_vain = 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPause, [this] { return stop_; })) {
    lock.unlock();
    in_vain = is_answer(controller.get("/v1/health")) ? 0 : in_vain + 1;
    lock.lock();
    answers_ = in_vain < kInVain;
  }
}

}  // namespace superspan::cli
