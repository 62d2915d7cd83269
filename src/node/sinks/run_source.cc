// SPDX-License-Identifier: Apache-2.0
#include "node/sinks/run_source.h"

namespace superspan::node {

recorder::TapInfo RunSource::describe(std::uint32_t tap) const {
  const auto taps = taps_.get();
  if (const AssignedTap* found = taps->find(tap)) return {found->name, found->description};
  return {"tap-" + std::to_string(tap), "not assigned; its statistics are those of all such taps together"};
}

recorder::TapStatistics RunSource::statistics(std::uint32_t tap) const {
  const TapCounters& counters = run_->tap(taps_.get()->slot(tap));
  const Counter& dropped = sink_ == Sink::kRecord ? counters.record_queue_full : counters.stream_slow;
  return {counters.received.get(), counters.accepted.get(), dropped.get(), 0};
}

recorder::CaptureInfo capture_info(const PolicyRun& run, const std::string& node) {
  const AssignedPolicy& policy = run.policy();
  return {policy.name, policy.expression, policy.owner,   policy.reason, policy.ticket,
          node,        run.epoch(),       policy.snaplen, run.start()};
}

recorder::CapturedPacket captured(const PacketMeta& meta, base::BytesView bytes) {
  return {base::WallTime{base::Duration{meta.time_ns}},
          meta.tap,
          meta.epoch,
          meta.original_length,
          meta.lost_so_far,
          bytes};
}

}  // namespace superspan::node
