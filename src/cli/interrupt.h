// SPDX-License-Identifier: Apache-2.0
// Ctrl-C (SIGINT), SIGTERM and SIGHUP as a count, so that a command can end in order; SIGPIPE is ignored meanwhile.
#pragma once

#include <signal.h>

#include <array>

namespace superspan::cli {

// While it lives, the signals only count. One at a time; the earlier handlers come back at the end.
class InterruptScope {
 public:
  InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

  // How often the person asked to stop: once means "end in order", twice "leave now".
  [[nodiscard]] static int count();

 private:
  static constexpr std::array<int, 4> kSignals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  std::array<struct sigaction, kSignals.size()> earlier_{};
};

}  // namespace superspan::cli
