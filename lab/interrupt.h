// SPDX-License-Identifier: Apache-2.0
// Holds back SIGINT and SIGTERM while something is half built, so that it can be taken down in order instead.
#pragma once

#include <csignal>

namespace superspan::lab {

// Blocks the two signals for the calling thread (and threads it starts) until destroyed. A signal that came meanwhile
// is consumed: the owner asks pending() and ends with an error of its own.
class InterruptGuard {
 public:
  InterruptGuard() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard() {
    const timespec now{};
    while (sigtimedwait(&signals_, nullptr, &now) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  [[nodiscard]] bool pending() const {
    sigset_t waiting;
    sigpending(&waiting);
    return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
  }

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace superspan::lab
