// SPDX-License-Identifier: Apache-2.0
#include "node/pipeline.h"

#include <bit>

namespace superspan::node {

bool Pipeline::process(std::span<const InputFrame> frames, base::WallTime time, const DispatchTable& table) {
  bool to_stream = false;
  for (const InputFrame& frame : frames) {
    counters.received.add();
    counters.received_bytes.add(frame.bytes.size());
    if (frame.truncated) {
      counters.truncated.add();
    } else if (const auto fabric = net::parse_fabric_frame(frame.bytes); !fabric) {
      counters.not_fabric.add();
    } else if (fabric->header.policies == 0) {
      counters.no_policy.add();
    } else {
      counters.fabric.add();
      to_stream |= dispatch(*fabric, time, table);
    }
    time += base::Duration(1);
  }
  return to_stream;
}

bool Pipeline::dispatch(const net::FabricFrame& frame, base::WallTime time, const DispatchTable& table) {
  bool to_stream = false;
  const net::FabricHeader& header = frame.header;
  const Copy copy{frame.original, time.time_since_epoch().count(), header.tap,
                  static_cast<std::uint32_t>(table.tap_slot(header.tap)), header.epoch};
  for (std::uint64_t bits = header.policies; bits != 0; bits &= bits - 1) {
    counters.copies.add();
    const auto bit = static_cast<unsigned>(std::countr_zero(bits));
    const DispatchTable::Match match = table.find(header.service_path, bit, header.epoch);
    if (match.run != nullptr) {
      to_stream |= match.run->offer(copy);
    } else {
      (match.stale ? counters.stale_epoch : counters.unknown_policy).add();
    }
  }
  return to_stream;
}

}  // namespace superspan::node
