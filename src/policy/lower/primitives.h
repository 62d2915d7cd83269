// SPDX-License-Identifier: Apache-2.0
// One function a primitive: what Open vSwitch's flow key (lib/flow.c, vlan-limit 1) says of the bytes that libpcap
// tests. The facts:
//
//   - vlan_tci tells whether there is a tag 0x8100 or 0x88a8, not which; tag 0x9100 is an unknown EtherType to a
//     switch, and a tag in the last bytes of a frame shows as EtherType 0x8100 or 0x88a8 without a tag.
//   - dl_type is the type behind one tag. Behind two `vlan` words nothing is known. A length field shows as 0x5ff.
//   - Damaged or cut IPv4, IPv6 and ARP headers have nw_proto 0 (so has an ARP opcode above 255).
//   - Cut transport headers have both ports 0; so have later fragments.
//   - IPv6: nw_proto is what stands behind the extension headers, 44 in later fragments; libpcap looks at the first.
//
// Frames shorter than 14 bytes do not exist. A frame with an RFC 1042 SNAP header (LLC, OUI 0) is taken for one with
// that EtherType: a switch cannot tell them apart.
#pragma once

#include "policy/lower/bounds.h"
#include "policy/lower/reasons.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::lower {

// `inverted`: the comparison holds where `bounds` do not. Whoever negates them writes the guards of their fields first.
struct Compared {
  Bounds bounds;
  bool inverted;
};

class Primitives {
 public:
  // keep_malformed: frames that the switch cannot read count as possible for every test of what it cannot read;
  // otherwise they are taken for what their flow key says.
  Primitives(const resolve::Resolved& resolved, Predicates& predicates, bool keep_malformed)
      : resolved_(resolved), predicates_(predicates), keep_malformed_(keep_malformed) {}

  // --- primitives_link.cc ---
  [[nodiscard]] Bounds lower(const resolve::EtherHost& host, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::EtherMulticast& multicast, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::LinkType& type, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Vlan& vlan, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Mpls& mpls, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::PppoeSession& session, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Geneve& geneve, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::LlcFrame& frame, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::IsoProtocol& protocol, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::IsisTypes& types, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Length& length, const resolve::Layout& layout);

  // --- primitives_network.cc ---
  [[nodiscard]] Bounds lower(const resolve::Ipv4Host& host, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Ipv6Host& host, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::DecnetHost& host, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::IpMulticast& multicast, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::IpProtocol& protocol, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::ProtocolChain& chain, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Ports& ports, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::FirstFragment& fragment, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::NextHeader& header, const resolve::Layout& layout);

  // --- primitives_own.cc ---
  [[nodiscard]] Bounds lower(const resolve::Tunnel& tunnel, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::SkipTags& skip, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Payload& payload, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::Tap& tap, const resolve::Layout& layout);
  [[nodiscard]] Bounds lower(const resolve::TcpFlags6& flags, const resolve::Layout& layout);

  // --- primitives_bytes.cc ---
  [[nodiscard]] Bounds lower(const resolve::ByteTest& byte, const resolve::Layout& layout);
  // Without the guards of a Comparison.
  [[nodiscard]] Compared compare(const parse::Comparison& comparison, const resolve::Layout& layout);

  // Since the last call.
  [[nodiscard]] unsigned take_reasons();
  // The flow keys that a reason is about.
  [[nodiscard]] PredicateId where(Reason reason);

 private:
  // --- what is not known ---
  Bounds unknown(Reason reason);  // nothing, and the test may read behind the end of a frame
  Bounds known_if(bool truth) { return known(truth ? Predicates::kAlways : Predicates::kNever); }
  PredicateId unread_network();
  PredicateId unread_ports();
  PredicateId unread_transport();
  PredicateId unread(parse::Protocol header);

  // --- link layer ---
  PredicateId untagged();
  PredicateId tagged() { return predicates_.negate(untagged()); }
  PredicateId foreign_tag();
  PredicateId either_type(std::initializer_list<std::uint16_t> types);
  Bounds type_is(std::uint32_t type, unsigned tags);
  Bounds type_is_at(std::uint32_t type, const resolve::Layout& layout);
  Bounds is_length(unsigned tags);
  // A length field behind `tags` tags, or, if given, this EtherType; what stands behind the length is not seen.
  Bounds llc(unsigned tags, std::optional<std::uint16_t> type);
  Bounds behind_length(const resolve::Layout& layout);
  Bounds tag_is_there(unsigned tags);
  Bounds tag_id_is(std::uint16_t id, unsigned tags);
  // Behind one `vlan`, in a frame without a tag, the offsets point anywhere.
  Bounds only_if_tagged(const Bounds& bounds);

  // Behind all tags: of frames in which a switch sees none or one it knows what is behind them, of others nothing.
  PredicateId deeper_tag();
  Bounds unless_deeper(const Bounds& bounds);

  // --- fields; `unread` says when the switch does not show them; only meaningful behind type_is ---
  Bounds field(PredicateId test, PredicateId unread, unsigned tags);
  Bounds network(PredicateId test, unsigned tags);
  Bounds directed(resolve::Direction direction, const Bounds& source, const Bounds& destination);
  Bounds next_header_is(std::uint32_t protocol, unsigned tags);
  Bounds first_next_header_is(std::uint8_t protocol, unsigned tags);
  Bounds ports4(const resolve::Ports& ports, unsigned tags);
  Bounds ports6(const resolve::Ports& ports, unsigned tags);
  Bounds port_values(const resolve::Ports& ports, unsigned tags);
  PredicateId range(net::Field field, std::uint16_t first, std::uint16_t last);

  // --- bytes ---
  struct Loaded;  // some bytes, masked
  std::optional<std::uint32_t> constant(parse::TermId id) const;
  std::optional<Loaded> loaded(parse::TermId id) const;
  bool uses_length(parse::TermId id) const;
  Compared compare(const Loaded& bytes, parse::Relation relation, std::uint32_t value, const resolve::Layout& layout);
  Bounds above(const Loaded& bytes, std::uint32_t value, const resolve::Layout& layout);
  Bounds equal(const Loaded& bytes, std::uint32_t mask, std::uint32_t value, const resolve::Layout& layout);
  std::optional<Compared> compare_whole_field(const Loaded& bytes, parse::Relation relation, std::uint32_t value,
                                              const resolve::Layout& layout);
  static bool is_whole(net::Field field, parse::Protocol header);
  std::optional<PredicateId> whole_values(const net::FieldTest& test, parse::Protocol header);
  Bounds type_bits(const net::FieldTest& test);
  Bounds fragment_bits(std::uint32_t mask, std::uint32_t value, unsigned tags);

  const resolve::Resolved& resolved_;
  Predicates& predicates_;
  bool keep_malformed_;
  unsigned reasons_ = 0;
};

}  // namespace superspan::policy::lower
