// SPDX-License-Identifier: Apache-2.0
// What the kernel tells about a network interface and about the sockets on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/packet_input.h"

namespace superspan::node {

struct Interface {
  int index = 0;
  std::uint32_t mtu = 0;  // bytes
  bool up = false;
};

// In the network namespace of the caller. kNotFound.
[[nodiscard]] base::Result<Interface> find_interface(const std::string& name);

// Before the first AF_XDP socket: libxdp and libbpf tell warnings only, and libxdp loads its program alone, without the
// dispatcher that would pin files into /sys/fs/bpf.
void quiet_xdp();

// Counts what DPDK's drivers do not: frames that found the ring of their AF_PACKET or AF_XDP socket full, and what the
// interface itself lost. Owns no descriptor; asks the sockets that the driver has opened in this process.
// Not thread-safe.
class KernelDrops {
 public:
  KernelDrops(std::string interface, int index);
  // Since the construction.
  [[nodiscard]] PortDrops read();

 private:
  void find_sockets(int index);

  std::string interface_;
  std::vector<int> packet_sockets_;
  std::vector<int> xdp_sockets_;
  std::uint64_t packet_drops_ = 0;  // the kernel forgets them when they are read
  std::uint32_t missed_at_start_ = 0;
  std::uint32_t errors_at_start_ = 0;
};

}  // namespace superspan::node
