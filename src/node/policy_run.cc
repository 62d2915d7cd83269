// SPDX-License-Identifier: Apache-2.0
#include "node/policy_run.h"

#include <algorithm>
#include <utility>

namespace superspan::node {

PolicyRun::PolicyRun(AssignedPolicy policy, Residual residual, base::WallTime start, std::uint32_t epoch)
    : policy_(std::move(policy)),
      residual_(std::move(residual)),
      start_(start),
      epoch_(epoch),
      taps_(std::make_unique<std::array<TapCounters, kTapSlots>>()) {}

base::Result<std::shared_ptr<PolicyRun>> PolicyRun::create(AssignedPolicy policy, const BufferSizes& sizes,
                                                           base::WallTime start, std::uint32_t epoch) {
  auto residual = Residual::compile(policy.residual);
  if (!residual) return std::unexpected(std::move(residual.error()));
  std::shared_ptr<PolicyRun> run(new PolicyRun(std::move(policy), std::move(*residual), start, epoch));
  if (run->policy_.record) {
    auto ring = PacketRing::create(sizes.record_bytes);
    if (!ring) return std::unexpected(std::move(ring.error()));
    run->record_ring_ = std::move(*ring);
  }
  if (run->policy_.stream) {
    auto ring = PacketRing::create(sizes.stream_bytes);
    if (!ring) return std::unexpected(std::move(ring.error()));
    run->stream_ring_ = std::move(*ring);
  }
  return run;
}

bool PolicyRun::offer(const Copy& copy) {
  TapCounters& tap = (*taps_)[copy.tap_slot];
  counters.received.add();
  counters.received_bytes.add(copy.original.size());
  tap.received.add();
  if (!residual_.matches(copy.original, copy.tap)) {
    counters.residual.add();
    return false;
  }
  const std::size_t keep = policy_.snaplen == 0 ? copy.original.size() : policy_.snaplen;
  const base::BytesView kept = copy.original.first(std::min(keep, copy.original.size()));
  if (!within_limits(kept.size())) {
    counters.limit.add();
    return stream_ring_ != nullptr;
  }
  counters.accepted.add();
  tap.accepted.add();
  if (!emit(copy, kept, tap)) {
    counters.lost.add();
    return stream_ring_ != nullptr;
  }
  counters.delivered.add();
  counters.delivered_bytes.add(kept.size());
  const bool packets_done = policy_.limit_packets > 0 && counters.delivered.get() >= policy_.limit_packets;
  const bool bytes_done = policy_.limit_bytes > 0 && counters.delivered_bytes.get() >= policy_.limit_bytes;
  if (packets_done || bytes_done) limit_reached_.store(true, std::memory_order_release);
  return stream_ring_ != nullptr;
}

// A packet that would pass the byte limit ends the policy: smaller ones that come later must not slip in behind it.
bool PolicyRun::within_limits(std::size_t bytes) {
  if (limit_reached_.load(std::memory_order_relaxed)) return false;
  if (policy_.limit_bytes == 0 || counters.delivered_bytes.get() + bytes <= policy_.limit_bytes) return true;
  limit_reached_.store(true, std::memory_order_release);
  return false;
}

bool PolicyRun::emit(const Copy& copy, base::BytesView kept, TapCounters& tap) {
  PacketMeta meta{copy.time_ns, copy.tap, copy.epoch, static_cast<std::uint32_t>(copy.original.size()), 0};
  bool taken = !record_ring_ && !stream_ring_;
  if (record_ring_) {
    meta.lost_so_far = tap.record_queue_full.get();
    if (record_ring_->push(meta, kept)) {
      taken = true;
    } else {
      counters.record_queue_full.add();
      tap.record_queue_full.add();
    }
  }
  if (stream_ring_) {
    meta.lost_so_far = tap.stream_slow.get();
    if (stream_ring_->push(meta, kept)) {
      taken = true;
    } else {
      counters.stream_slow.add();
      tap.stream_slow.add();
    }
  }
  return taken;
}

}  // namespace superspan::node
