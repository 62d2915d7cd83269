// SPDX-License-Identifier: Apache-2.0
// A packet in words as a value, and its bytes: right lengths and checksums, whatever is not said has a fixed value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/address.h"

namespace superspan::offline::policytest {

using Address = std::variant<net::Ipv4Address, net::Ipv6Address>;  // both ends of a packet have the same kind

struct Tag {
  std::uint16_t protocol = 0x8100;
  std::uint16_t tci = 0;
};

// From the first byte of the IP payload; a multiple of 8.
struct Fragment {
  std::uint16_t offset = 0;
  bool more = false;
};

struct Packet {
  net::MacAddress source{{0x02, 0, 0, 0, 0, 0x01}};
  net::MacAddress destination{{0x02, 0, 0, 0, 0, 0x02}};
  std::vector<Tag> tags;            // outermost first
  std::vector<std::uint32_t> mpls;  // labels, outermost first
  std::optional<std::uint16_t> pppoe_session;
  std::optional<std::uint16_t> ether_type;  // of a frame that is not IP or ARP

  std::optional<std::uint16_t> arp_operation;
  bool reverse_arp = false;

  std::optional<Address> from;
  std::optional<Address> to;
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  std::uint16_t id = 0;
  bool do_not_fragment = false;
  std::optional<Fragment> fragment;
  std::size_t option_bytes = 0;          // of IPv4; no-operations
  std::vector<std::uint8_t> extensions;  // of IPv6; next-header numbers
  std::optional<std::uint8_t> protocol;

  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
  std::uint8_t tcp_flags = 0x10;
  std::optional<std::uint8_t> icmp_type;
  std::uint8_t icmp_code = 0;

  base::Bytes payload;
  std::size_t length = 0;   // the payload grows with zeros until the frame has so many bytes; 0: as it is
  std::size_t padding = 0;  // zeros behind the IP packet until the frame has so many bytes
};

// kInvalid if the parts do not go together; no place and mark.
[[nodiscard]] base::Result<base::Bytes> bytes_of(const Packet& packet);

}  // namespace superspan::offline::policytest
