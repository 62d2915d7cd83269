// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <ostream>
#include <thread>

#include "cli/capture_run.h"
#include "cli/controller_watch.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"

namespace superspan::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The controller ends a policy when its time is over; this long after, the command does it itself.
constexpr std::chrono::seconds kOverdue{5};

bool is_away(const base::Error& error) {
  return error.code == base::ErrorCode::kUnavailable || error.code == base::ErrorCode::kTimeout;
}

}  // namespace

// The copies that delivery ports sent; on a fabric of one switch, what its last stage sent.
CaptureTotals delivered(const boost::json::value& statistics) {
  CaptureTotals all;
  CaptureTotals last;
  bool any = false;
  const boost::json::value* hops = member(statistics, "hops");
  if (hops == nullptr || !hops->is_array()) return all;
  for (const boost::json::value& hop : hops->get_array()) {
    last.packets = count_member(hop, "packets");
    last.bytes = count_member(hop, "bytes");
    if (text_member(hop, "stage") != "delivery") continue;
    any = true;
    all.packets += last.packets;
    all.bytes += last.bytes;
  }
  return any ? all : last;
}

base::Status watch_counters(CaptureRun& run, CaptureTotals& totals) {
  constexpr milliseconds kLook{1000};
  constexpr milliseconds kWake{100};
  constexpr milliseconds kTimeout{2000};
  ProgressLine progress(run.terminal, run.terminal.err_is_tty);
  const std::string target = policy_target(run.request.name);
  const auto end = run.start + run.request.duration + kOverdue;
  ControllerWatch watch(run.controller);
  Controller controller = run.controller.with_timeout(kTimeout);
  auto look_at = steady_clock::now();
  while (InterruptScope::count() == 0 && steady_clock::now() < end) {
    std::this_thread::sleep_for(kWake);
    if (const auto answers = watch.news()) {
      progress.clear();
      run.terminal.err << run.tell(*answers) << std::flush;
    }
    if (steady_clock::now() < look_at) continue;
    look_at = steady_clock::now() + kLook;
    const auto stats = controller.get(target + "/stats");
    if (!stats && is_away(stats.error())) continue;
    if (!stats && stats.error().code == base::ErrorCode::kNotFound) break;
    if (!stats) return std::unexpected(stats.error());
    // After the counters: if it is still the capture's own policy now, they were its own as well.
    const auto policy = controller.get(target);
    if (!policy && is_away(policy.error())) continue;
    if (!policy && policy.error().code == base::ErrorCode::kNotFound) break;
    if (!policy) return std::unexpected(policy.error());
    if (!run.is_own(*policy)) break;
    run.note(*policy);
    totals = delivered(*stats);
    progress.draw(totals);
    const std::string state = text_member(*policy, "state");
    if (state == "ended" || state == "failed") break;
    if (run.request.packets > 0 && totals.packets >= run.request.packets) break;
  }
  progress.clear();
  return {};
}

}  // namespace superspan::cli
