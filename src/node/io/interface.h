// SPDX-License-Identifier: Apache-2.0
// What the kernel tells about a network interface and about the sockets on it.
#pragma once

#include <chrono>
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

// The sockets that DPDK's drivers have opened in this process for an interface. Borrowed: the driver closes them.
struct PortSockets {
  std::vector<int> packet;  // AF_PACKET
  std::vector<int> xdp;     // AF_XDP, of any interface: the kernel does not tell which
};
[[nodiscard]] PortSockets find_port_sockets(int index);

// DPDK's drivers can only be polled, but the sockets below can be waited for. Returns when one of them has frames, at
// the latest after `most`.
void wait_for_frames(const PortSockets& sockets, std::chrono::microseconds most);

// Counts what DPDK's drivers do not: frames that found the ring of their AF_PACKET or AF_XDP socket full, and what the
// interface itself lost. Not thread-safe.
class KernelDrops {
 public:
  // `sockets` must outlive it.
  KernelDrops(std::string interface, const PortSockets& sockets);
  // Since the construction.
  [[nodiscard]] PortDrops read();

 private:
  std::string interface_;
  const PortSockets& sockets_;
  std::uint64_t packet_drops_ = 0;  // the kernel forgets them when they are read
  std::uint32_t missed_at_start_ = 0;
  std::uint32_t errors_at_start_ = 0;
};

}  // namespace superspan::node
