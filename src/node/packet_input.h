// SPDX-License-Identifier: Apache-2.0
// Where fabric frames come from: a network port (io/dpdk_input.h) or memory (io/memory_input.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <thread>

#include "base/bytes.h"

namespace superspan::node {

struct InputFrame {
  base::BytesView bytes;   // borrowed from the input until the next receive()
  bool truncated = false;  // bytes are missing at the end
};

// Frames that never came out of receive(). Since the port was opened.
struct PortDrops {
  std::uint64_t missed = 0;     // no room in the port's ring
  std::uint64_t errors = 0;     // damaged frames
  std::uint64_t no_buffer = 0;  // no free packet buffer
  [[nodiscard]] std::uint64_t total() const { return missed + errors + no_buffer; }
};

class PacketInput {
 public:
  virtual ~PacketInput() = default;
  // The next frames, empty if there are none now. Called by one thread.
  [[nodiscard]] virtual std::span<const InputFrame> receive() = 0;
  // Called by the same thread when there were none for a while. Returns when there may be frames, at the latest after
  // `most`. What comes meanwhile waits in the port.
  virtual void wait(std::chrono::microseconds most) { std::this_thread::sleep_for(most); }
  // Called by one other thread, also while receive() runs.
  [[nodiscard]] virtual PortDrops drops() = 0;
};

}  // namespace superspan::node
