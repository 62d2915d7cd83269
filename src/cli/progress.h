// SPDX-License-Identifier: Apache-2.0
// "1234 packets, 56 kB, 7s", drawn over and over on one line of a terminal.
#pragma once

#include <chrono>

#include "cli/pcapng_meter.h"
#include "cli/terminal.h"

namespace superspan::cli {

class ProgressLine {
 public:
  // On `terminal.err`, which must outlive it; draws nothing unless `enabled`.
  ProgressLine(Terminal& terminal, bool enabled) : terminal_(terminal), enabled_(enabled) {}
  void draw(const CaptureTotals& totals);
  void clear();

 private:
  Terminal& terminal_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_;
};

}  // namespace superspan::cli
