// SPDX-License-Identifier: Apache-2.0
// What the expression asks, in numbers. Each primitive is one test of pcap-filter on an Ethernet frame; all names are
// gone, and each primitive knows how many tags its offsets skip.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/address.h"
#include "net/field.h"
#include "policy/parse/ast.h"

namespace superspan::policy::resolve {

using parse::Direction;
using parse::NodeId;
using parse::Operator;

inline constexpr std::uint16_t kEtherTypeIp = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeRarp = 0x8035;
inline constexpr std::uint16_t kEtherTypeIp6 = 0x86dd;
// The tag protocol ids that pcap-filter's `vlan` knows.
inline constexpr std::uint16_t kTagTypes[] = {0x8100, 0x88a8, 0x9100};

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolSctp = 132;
inline constexpr std::uint8_t kProtocolFragment = 44;  // IPv6 fragment header

struct EtherHost {
  Direction direction;
  net::MacAddress address;
};
struct EtherMulticast {};  // the group bit of the destination
struct EtherType {         // the type or length field, behind `depth` tags
  std::uint16_t type;
};
struct Vlan {  // a tag stands behind the `depth` tags in front of it
  std::optional<std::uint16_t> id;
};
struct Ipv4Host {  // an address or a net in the IPv4 header, or in ARP or RARP's protocol addresses
  bool ip, arp, rarp;
  Direction direction;
  std::uint32_t value;  // (value & ~mask) == 0
  std::uint32_t mask;
};
struct Ipv6Host {
  Direction direction;
  net::U128 value;  // (value & ~mask) == 0
  net::U128 mask;   // a prefix
};
struct IpMulticast {  // destination 224.0.0.0 or above, as libpcap has it
  bool ip6;           // else IPv4; IPv6: ff00::/8
};
struct IpProtocol {  // IPv4 protocol, IPv6 next header (also inside a fragment header that comes first)
  bool ip, ip6;
  std::uint8_t protocol;
};
struct Ports {  // first <= last
  bool tcp, udp, sctp;
  Direction direction;
  std::uint16_t first, last;
};
struct Not {
  NodeId child;
};
using Step = parse::Step;
using Group = parse::Group;

using Body = std::variant<EtherHost, EtherMulticast, EtherType, Vlan, Ipv4Host, Ipv6Host, IpMulticast, IpProtocol,
                          Ports, Not, Group>;
struct Node {
  Body body;
  unsigned depth = 0;  // how many `vlan` stand to the left of it in the text
  parse::Span span;
};

// A child stands before its parent; the last node is the root. Same shape as the Ast.
struct Resolved {
  std::string text;
  std::vector<Node> nodes;
  [[nodiscard]] NodeId root() const { return static_cast<NodeId>(nodes.size() - 1); }
};

}  // namespace superspan::policy::resolve
