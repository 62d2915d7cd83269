// SPDX-License-Identifier: Apache-2.0
// What the expression asks, in numbers. Each primitive is one test of libpcap on an Ethernet frame; all names are gone,
// and each primitive knows where the headers are that it looks at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/address.h"
#include "net/field.h"
#include "policy/parse/ast.h"
#include "policy/regex.h"
#include "policy/resolve/layout.h"

namespace superspan::policy::resolve {

using parse::Direction;
using parse::NodeId;
using parse::Operator;

inline constexpr std::uint16_t kEtherTypeIp = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeRarp = 0x8035;
inline constexpr std::uint16_t kEtherTypeIp6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeDecnet = 0x6003;
inline constexpr std::uint16_t kEtherTypeAtalk = 0x809b;
inline constexpr std::uint16_t kEtherTypeAarp = 0x80f3;
inline constexpr std::uint16_t kEtherTypeIpx = 0x8137;
inline constexpr std::uint16_t kEtherTypeMpls = 0x8847;
inline constexpr std::uint16_t kEtherTypePppoeDiscovery = 0x8863;
inline constexpr std::uint16_t kEtherTypePppoeSession = 0x8864;
// The tag protocol ids that pcap-filter's `vlan` knows.
inline constexpr std::uint16_t kTagTypes[] = {0x8100, 0x88a8, 0x9100};

// A type field up to this is the length of an IEEE 802.3 frame.
inline constexpr std::uint16_t kMaxLength = 1500;
// IEEE 802.2 service access points.
inline constexpr std::uint8_t kAccessIp = 0x06;
inline constexpr std::uint8_t kAccessStp = 0x42;
inline constexpr std::uint8_t kAccessIpx = 0xe0;
inline constexpr std::uint8_t kAccessNetbeui = 0xf0;
inline constexpr std::uint8_t kAccessIso = 0xfe;

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolFragment = 44;  // IPv6 fragment header
inline constexpr std::uint8_t kProtocolAh = 51;
inline constexpr std::uint8_t kProtocolIcmp6 = 58;
inline constexpr std::uint8_t kProtocolSctp = 132;
inline constexpr std::uint16_t kGenevePort = 6081;

struct EtherHost {
  Direction direction;
  net::MacAddress address;
};
struct EtherMulticast {};  // the group bit of the destination
// `ether proto`: an EtherType, or an IEEE 802.2 access point if at most kMaxLength; a PPP protocol behind `pppoes`; a
// look at the IP version behind `mpls`.
struct LinkType {
  std::uint32_t type;
};
struct Vlan {
  std::optional<std::uint16_t> id;
};
struct Mpls {
  std::optional<std::uint32_t> label;
};
struct PppoeSession {
  std::optional<std::uint16_t> id;
};
struct Geneve {  // also fills the three slots
  std::optional<std::uint32_t> vni;
  unsigned slot;
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
struct DecnetHost {
  Direction direction;
  std::uint16_t address;  // area (6 bits), node (10 bits)
};
struct IpMulticast {  // destination 224.0.0.0 or above, as libpcap has it
  bool ip6;           // else IPv4; IPv6: ff00::/8
};
struct IpProtocol {  // IPv4 protocol, IPv6 next header (also inside a fragment header that comes first)
  bool ip, ip6;
  std::uint32_t protocol;  // above 255: never
};
struct ProtocolChain {  // a protocol anywhere in the chain of IPv6 extension or authentication headers
  bool ip6;
  std::uint32_t protocol;
};
struct IsoProtocol {
  std::uint32_t protocol;  // network layer protocol id
};
struct IsisTypes {       // any of these PDU types
  parse::Protocol word;  // kIsis: `isis proto N`, else the word that stands for all of them
  std::vector<std::uint32_t> types;
};
struct Ports {  // first <= last
  bool tcp, udp, sctp;
  Direction direction;
  std::uint16_t first, last;
};
struct LlcFrame {  // an IEEE 802.2 frame whose control byte has these bits
  std::string type;
  std::uint8_t value, mask;  // mask 0: any
};
using Length = parse::Length;
using ByteTest = parse::ByteTest;

// --- the words of superspan that libpcap cannot say; Resolved::own tells whether there are any ---
struct Tunnel {  // VXLAN, Geneve, GRE with Ethernet, IPv4 or IPv6 in it; with slots: fills three of them
  std::optional<std::uint32_t> vni;
  std::optional<unsigned> slot;
};
struct SkipTags {  // always true; fills three slots
  unsigned slot;
};
struct Payload {
  parse::Payload written;
  Regex regex;
};
struct Tap {
  std::uint32_t id;
};
struct TcpFlags6 {  // right behind the IPv6 header; libpcap can say it
  std::uint8_t mask, value;
};
struct Scope {  // `begin`, and then `child`
  parse::ScopeKind kind;
  NodeId begin, child;
};
struct Bidirectional {
  NodeId forth, back;
};

// --- only in front of a comparison ---
struct FirstFragment {};  // not a later IPv4 fragment
struct NextHeader {       // the first IPv6 next header, and nothing else
  std::uint8_t protocol;
};
struct Comparison {
  std::vector<NodeId> guards;  // headers that must be there, in this order
  parse::Comparison terms;
};

struct Not {
  NodeId child;
};
using Step = parse::Step;
using Group = parse::Group;

using Body = std::variant<EtherHost, EtherMulticast, LinkType, Vlan, Mpls, PppoeSession, Geneve, Ipv4Host, Ipv6Host,
                          DecnetHost, IpMulticast, IpProtocol, ProtocolChain, IsoProtocol, IsisTypes, Ports, LlcFrame,
                          Length, ByteTest, Tunnel, SkipTags, Payload, Tap, TcpFlags6, Scope, Bidirectional,
                          FirstFragment, NextHeader, Comparison, Not, Group>;
struct Node {
  Body body;
  std::uint32_t layout = 0;  // index into Resolved::layouts
  parse::Span span;
};

// A child stands before its parent; the last node is the root.
struct Resolved {
  std::string text;
  std::vector<Node> nodes;
  std::vector<Layout> layouts;
  std::vector<parse::Term> terms;
  unsigned slots = 0;
  bool own = false;  // libpcap cannot say it
  [[nodiscard]] NodeId root() const { return static_cast<NodeId>(nodes.size() - 1); }
  [[nodiscard]] const Layout& layout(const Node& node) const { return layouts[node.layout]; }
};

}  // namespace superspan::policy::resolve
