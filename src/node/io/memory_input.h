// SPDX-License-Identifier: Apache-2.0
// Fabric frames from memory, for tests and for files that were captured on a core link.
#pragma once

#include <filesystem>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "node/packet_input.h"

namespace superspan::node {

class MemoryInput final : public PacketInput {
 public:
  explicit MemoryInput(std::vector<base::Bytes> frames = {}, std::size_t burst = 64);

  // Only while no other thread receives.
  void add(base::Bytes frame) { frames_.push_back(std::move(frame)); }
  [[nodiscard]] bool done() const { return next_ == frames_.size(); }

  [[nodiscard]] std::span<const InputFrame> receive() override;
  [[nodiscard]] PortDrops drops() override { return {}; }

 private:
  std::vector<base::Bytes> frames_;
  std::vector<InputFrame> burst_;
  std::size_t burst_frames_;
  std::size_t next_ = 0;
};

// The Ethernet frames of a pcap or pcapng file, as libpcap reads it. kNotFound, or kInvalid for another link type or a
// damaged file.
[[nodiscard]] base::Result<std::vector<base::Bytes>> read_frames(const std::filesystem::path& file);

}  // namespace superspan::node
