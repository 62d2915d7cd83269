// SPDX-License-Identifier: Apache-2.0
// One policy at work on this node: its residual, limits, buffers and counters.
//
// The worker thread offers copies; sinks take them out of the buffers; everyone may read the counters. Of every copy
//   received = residual + limit + accepted,   accepted = delivered + lost,
// and of each sink   accepted = (taken by the sink) + (waiting) + (record_queue_full | stream_slow).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "node/assignment.h"
#include "node/counter.h"
#include "node/packet_ring.h"
#include "node/residual.h"
#include "node/taps.h"

namespace superspan::node {

struct BufferSizes {
  std::size_t record_bytes = std::size_t{32} << 20;
  std::size_t stream_bytes = std::size_t{64} << 20;
};

// One copy of a packet, out of its fabric frame.
struct Copy {
  base::BytesView original;
  std::int64_t time_ns = 0;
  std::uint32_t tap = 0;
  std::uint32_t tap_slot = 0;
  std::uint32_t epoch = 0;
};

struct PolicyCounters {
  // Written by the worker. Packets, if not said otherwise.
  Counter received;
  Counter received_bytes;
  Counter residual;  // dropped: the residual does not match
  Counter limit;     // dropped: the limit was reached
  Counter accepted;
  Counter delivered;          // taken by at least one sink, or only counted because there is none
  Counter delivered_bytes;    // kept bytes
  Counter lost;               // taken by no sink
  Counter record_queue_full;  // dropped in front of the recorder
  Counter stream_slow;        // dropped in front of the stream
  // Written by the recorder thread.
  Counter recorded;
  Counter recorded_bytes;
  Counter disk_full;
  Counter disk_error;
  // Written by the stream thread.
  Counter streamed;
  Counter stream_unread;  // dropped: nobody came to read, or the reader left
};

struct TapCounters {
  Counter received;
  Counter accepted;
  Counter record_queue_full;
  Counter stream_slow;
};

class PolicyRun {
 public:
  // kInvalid: the residual does not compile; kUnavailable: no memory for the buffers.
  [[nodiscard]] static base::Result<std::shared_ptr<PolicyRun>> create(AssignedPolicy policy, const BufferSizes& sizes,
                                                                       base::WallTime start, std::uint32_t epoch);

  // Worker thread only. Never allocates, locks or throws. True: the stream has something to do now.
  bool offer(const Copy& copy);

  [[nodiscard]] const AssignedPolicy& policy() const { return policy_; }
  [[nodiscard]] base::WallTime start() const { return start_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }                  // of the assignment that brought it
  [[nodiscard]] PacketRing* record_ring() const { return record_ring_.get(); }  // null: not recorded
  [[nodiscard]] PacketRing* stream_ring() const { return stream_ring_.get(); }  // null: not streamed
  [[nodiscard]] const TapCounters& tap(std::size_t slot) const { return (*taps_)[slot]; }

  // The limit was reached; nothing is delivered any more.
  [[nodiscard]] bool limit_reached() const { return limit_reached_.load(std::memory_order_acquire); }
  // The worker does not know the policy any more. Set by the control thread after the worker has moved on.
  void close() { closed_.store(true, std::memory_order_release); }
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }
  // Nothing will be pushed any more: what is in the buffers now is all.
  [[nodiscard]] bool finished() const { return closed() || limit_reached(); }

  PolicyCounters counters;

 private:
  explicit PolicyRun(AssignedPolicy policy, Residual residual, base::WallTime start, std::uint32_t epoch);
  [[nodiscard]] bool within_limits(std::size_t bytes);
  [[nodiscard]] bool emit(const Copy& copy, base::BytesView kept, TapCounters& tap);

  AssignedPolicy policy_;
  Residual residual_;
  base::WallTime start_;
  std::uint32_t epoch_;
  std::unique_ptr<PacketRing> record_ring_;
  std::unique_ptr<PacketRing> stream_ring_;
  std::unique_ptr<std::array<TapCounters, kTapSlots>> taps_;
  std::atomic<bool> limit_reached_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace superspan::node
