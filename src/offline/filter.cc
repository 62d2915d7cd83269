// SPDX-License-Identifier: Apache-2.0
#include "offline/filter.h"

namespace superspan::offline {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{256} << 10;
constexpr std::uint64_t kLookEvery = 1024;  // packets

// Hands out what has gathered. False: nobody wants more.
base::Result<bool> flush(const FilterSteps& steps) {
  if (steps.output == nullptr || steps.output->view().empty()) return true;
  auto more = steps.take(steps.output->view());
  steps.output->clear();
  return more;
}

base::Result<bool> next_kept(CaptureReader& reader, Engine& engine, const FilterSteps& steps, FilterTotals& totals) {
  CaptureFrame frame;
  const auto more = reader.next(frame);
  if (!more || !*more) return more;
  ++totals.read;
  const auto verdict = engine.judge({.bytes = frame.bytes, .original_length = frame.original_length});
  if (!verdict) return std::unexpected(verdict.error());
  const bool keep = verdict->wanted.test(0);
  totals.kept += keep ? 1 : 0;
  totals.kept_bytes += keep ? frame.bytes.size() : 0;
  if (steps.output == nullptr) return true;
  keep ? steps.output->add(frame) : steps.output->skip(frame);
  return true;
}

base::Status run(CaptureReader& reader, Engine& engine, const FilterSteps& steps, FilterTotals& totals) {
  while (true) {
    if (totals.read % kLookEvery == 0 && steps.look && !steps.look(totals)) {
      totals.stopped = true;
      return {};
    }
    const auto more = next_kept(reader, engine, steps, totals);
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    // Before the reader has to wait for more, as on a pipe from a running capture, what there is goes on.
    const bool due = reader.at_hand() == 0 || (steps.output != nullptr && steps.output->view().size() >= kBatchBytes);
    if (!due) continue;
    const auto taken = flush(steps);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) {
      totals.stopped = true;
      return {};
    }
  }
}

}  // namespace

base::Status filter(CaptureReader& reader, Engine& engine, const FilterSteps& steps, FilterTotals& totals) {
  if (steps.output != nullptr) steps.output->begin();
  const base::Status status = run(reader, engine, steps, totals);
  if (steps.output != nullptr) steps.output->end();
  const auto taken = flush(steps);
  if (!status) return status;
  if (!taken) return std::unexpected(taken.error());
  totals.stopped = totals.stopped || !*taken;
  return {};
}

}  // namespace superspan::offline
