// SPDX-License-Identifier: Apache-2.0
// The flow key of a frame: what Open vSwitch 3.1 sees of it when it looks up a flow (lib/flow.c, miniflow_extract; the
// field meanings are in ovs-fields(7)). The fabric simulator and the policy tests match cubes against it.
//
// What may surprise: at most `vlan_limit` tags (0x8100 or 0x88a8) are parsed, a further one shows as the EtherType; an
// IPv4 or IPv6 header whose lengths disagree with the frame leaves every field behind the EtherType zero; broken IPv6
// extension headers leave the addresses but nothing behind them; later fragments have no ports, and IPv6 later
// fragments have protocol 44; ports are there only if the whole L4 header is; an ARP opcode above 255 reads as 0.
#pragma once

#include <array>

#include "base/bytes.h"
#include "net/field.h"

namespace superspan::net {

struct FlowKey {
  std::array<U128, kFieldCount> values{};  // 0 where the frame has no such field

  [[nodiscard]] U128 operator[](Field field) const { return values[static_cast<std::size_t>(field)]; }
  [[nodiscard]] U128& operator[](Field field) { return values[static_cast<std::size_t>(field)]; }
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

inline constexpr unsigned kDefaultVlanLimit = 1;  // Open vSwitch's other_config:vlan-limit
inline constexpr unsigned kVlanLimitMax = 2;      // what Open vSwitch 3.1 can track at most

// Never fails: a frame shorter than an Ethernet header has the all-zero key. Fragments as with frags=nx-match.
[[nodiscard]] FlowKey extract(base::BytesView frame, unsigned vlan_limit = kDefaultVlanLimit);

// True if every test of the cube holds. The cube must carry its prerequisites (dl_type before nw_src), as in OpenFlow.
[[nodiscard]] bool matches(const Cube& cube, const FlowKey& key);

}  // namespace superspan::net
