// SPDX-License-Identifier: Apache-2.0
// The path of a packet through the node: frame, fabric header, each policy that its bits name.
#pragma once

#include <span>

#include "base/clock.h"
#include "node/counter.h"
#include "node/dispatch_table.h"
#include "node/packet_input.h"

namespace superspan::node {

// received = truncated + not_fabric + no_policy + fabric, in frames.
// copies = (received of all policies) + unknown_policy + stale_epoch, in copies: one for each bit of a fabric frame.
struct FrameCounters {
  Counter received;
  Counter received_bytes;
  Counter truncated;   // dropped: longer than the port can take
  Counter not_fabric;  // dropped: no fabric header, or a damaged one
  Counter no_policy;   // dropped: no bit is set
  Counter fabric;
  Counter copies;
  Counter unknown_policy;  // dropped: no policy of this node has the bit
  Counter stale_epoch;     // dropped: classified before the policy that has the bit now
};

// Worker thread only, but for reading the counters. Never allocates, locks or throws.
class Pipeline {
 public:
  // `time` is that of the first frame, the others follow by 1 ns each. True: a stream has something to do now.
  bool process(std::span<const InputFrame> frames, base::WallTime time, const DispatchTable& table);

  FrameCounters counters;

 private:
  bool dispatch(const net::FabricFrame& frame, base::WallTime time, const DispatchTable& table);
};

}  // namespace superspan::node
