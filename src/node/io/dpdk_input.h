// SPDX-License-Identifier: Apache-2.0
// Frames of a kernel network interface through DPDK 22.11's virtual devices net_af_packet and net_af_xdp, without
// hugepages. The node only listens: nothing is ever sent.
//
// Longest frame (Ethernet header to the last byte of payload):
//   af_packet  MTU + 22 bytes, for an MTU up to 16,000
//   af_xdp     3,520 bytes (one page less what AF_XDP and DPDK need), so the MTU may be 3,506 at most; the driver of a
//              veth says the same of the MTU of its peer. Fabric links with jumbo frames need af_packet.
// Frames longer than that come only from interfaces with segmentation offload; they are marked as truncated.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "node/packet_input.h"

namespace superspan::node {

enum class PortIo : std::uint8_t { kAfPacket, kAfXdp };

struct DpdkOptions {
  std::string interface;
  PortIo io = PortIo::kAfPacket;
  std::filesystem::path run_directory;  // DPDK makes an empty folder here and removes it again
};

class DpdkInput final : public PacketInput {
 public:
  // Once in a process. kNotFound: no such interface; kInvalid: its MTU is too large; kDenied: not allowed to open it;
  // kConflict: opened before; kUnavailable: DPDK or the kernel refuse, the log (standard error) has more.
  [[nodiscard]] static base::Result<std::unique_ptr<DpdkInput>> open(const DpdkOptions& options);
  ~DpdkInput() override;

  [[nodiscard]] std::span<const InputFrame> receive() override;
  void wait(std::chrono::microseconds most) override;
  [[nodiscard]] PortDrops drops() override;

 private:
  class Port;
  explicit DpdkInput(std::unique_ptr<Port> port);
  std::unique_ptr<Port> port_;
};

}  // namespace superspan::node
