// SPDX-License-Identifier: Apache-2.0
// One function a primitive: what Open vSwitch's flow key (lib/flow.c, vlan-limit 1) says of the bytes that libpcap
// tests. The facts:
//
//   - vlan_tci tells whether there is a tag 0x8100 or 0x88a8, not which; tag 0x9100 is an unknown EtherType to a
//     switch, and a tag in the last bytes of a frame shows as EtherType 0x8100 or 0x88a8 without a tag.
//   - dl_type is the type behind one tag. Behind two `vlan` words nothing is known.
//   - Damaged or cut IPv4, IPv6 and ARP headers have nw_proto 0 (so has an ARP opcode above 255).
//   - Cut transport headers have both ports 0; so have later fragments.
//   - IPv6: nw_proto is what stands behind the extension headers, 44 in later fragments; libpcap looks at the first.
//
// Frames shorter than 14 bytes do not exist. A frame with an RFC 1042 SNAP header (LLC, OUI 0) is taken for one with
// that EtherType: a switch cannot tell them apart.
#pragma once

#include "policy/lower/bounds.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::lower {

// Why rules are wider than the expression; bits.
enum Reason : std::uint8_t {
  kMalformed = 1,         // headers that the switch refuses to read
  kExtensionHeaders = 2,  // IPv6 headers between IP and transport
  kForeignTag = 4,        // tag 0x9100, or a tag at the very end of a frame
  kWhichTag = 8,          // 0x8100 or 0x88a8
  kInnerTag = 16,         // what stands behind the first tag's type
  kUntaggedFrame = 32,    // a test behind `vlan` that also looks at frames without a tag
};

class Primitives {
 public:
  // keep_malformed: frames that the switch cannot read count as possible for every test of what it cannot read;
  // otherwise they are taken for what their flow key says.
  Primitives(Predicates& predicates, bool keep_malformed) : predicates_(predicates), keep_malformed_(keep_malformed) {}

  // `depth` tags are skipped by the offsets of the primitive.
  [[nodiscard]] Bounds lower(const resolve::EtherHost& host, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::EtherMulticast& multicast, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::EtherType& type, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::Vlan& vlan, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::Ipv4Host& host, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::Ipv6Host& host, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::IpMulticast& multicast, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::IpProtocol& protocol, unsigned depth);
  [[nodiscard]] Bounds lower(const resolve::Ports& ports, unsigned depth);

  [[nodiscard]] unsigned reasons() const { return reasons_; }
  // The flow keys that a reason is about.
  [[nodiscard]] PredicateId where(Reason reason);

 private:
  Bounds unknown(Reason reason);
  Bounds type_is(std::uint16_t type, unsigned depth);
  Bounds tag_is_there(unsigned depth);
  Bounds tag_id_is(std::uint16_t id, unsigned depth);
  // A test of a field that the switch knows unless `unread` holds; only meaningful behind type_is(depth).
  Bounds field(PredicateId test, PredicateId unread, unsigned depth);
  Bounds network(PredicateId test, unsigned depth);
  Bounds directed(resolve::Direction direction, const Bounds& source, const Bounds& destination);
  Bounds next_header_is(std::uint8_t protocol, unsigned depth);
  Bounds ports4(const resolve::Ports& ports, unsigned depth);
  Bounds ports6(const resolve::Ports& ports, unsigned depth);
  Bounds port_values(const resolve::Ports& ports, unsigned depth);
  PredicateId range(net::Field field, std::uint16_t first, std::uint16_t last);
  std::vector<std::uint8_t> protocols(const resolve::Ports& ports) const;

  PredicateId untagged();
  PredicateId tagged() { return predicates_.negate(untagged()); }
  PredicateId foreign_tag();
  PredicateId unread_network();
  PredicateId unread_ports();
  PredicateId either_type(std::initializer_list<std::uint16_t> types);

  Predicates& predicates_;
  bool keep_malformed_;
  unsigned reasons_ = 0;
};

}  // namespace superspan::policy::lower
