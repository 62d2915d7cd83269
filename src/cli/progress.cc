// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/units.h"

namespace superspan::cli {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRedraw{200};

}  // namespace

void ProgressLine::draw(const CaptureTotals& totals) {
  const auto now = steady_clock::now();
  if (!enabled_ || now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  terminal_.err << fmt::format("\r{} packets, {}, {}\x1b[K", totals.packets, format_bytes(totals.bytes),
                               format_duration(std::chrono::duration_cast<seconds>(now - start_)))
                << std::flush;
}

void ProgressLine::clear() {
  if (drawn_) terminal_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace superspan::cli
