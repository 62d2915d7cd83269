// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/primitives.h"

#include <algorithm>
#include <bit>

namespace superspan::policy::lower {

using net::Field;
using net::FieldTest;
using net::U128;
using resolve::Direction;

namespace {

constexpr U128 kTagPresent = 0x1000;  // in vlan_tci
constexpr U128 kLaterFragment = 2;    // in ip_frag
// Next headers that a switch skips, so that it never shows them.
constexpr std::uint8_t kSkippedHeaders[] = {0, 43, 44, 51, 60};

}  // namespace

PredicateId Primitives::untagged() {
  return predicates_.test({Field::kVlanTci, 0, kTagPresent});
}

PredicateId Primitives::either_type(std::initializer_list<std::uint16_t> types) {
  std::vector<PredicateId> tests;
  for (const std::uint16_t type : types) tests.push_back(predicates_.exactly(Field::kEthType, type));
  return predicates_.any(tests);
}

PredicateId Primitives::foreign_tag() {
  return predicates_.all(
      {untagged(), either_type({resolve::kTagTypes[0], resolve::kTagTypes[1], resolve::kTagTypes[2]})});
}

PredicateId Primitives::unread_network() {
  if (!keep_malformed_) return Predicates::kNever;
  reasons_ |= kMalformed;
  return predicates_.exactly(Field::kIpProto, 0);
}

PredicateId Primitives::unread_ports() {
  if (!keep_malformed_) return Predicates::kNever;
  reasons_ |= kMalformed;
  return predicates_.all({predicates_.exactly(Field::kL4Source, 0), predicates_.exactly(Field::kL4Destination, 0)});
}

Bounds Primitives::unknown(Reason reason) {
  reasons_ |= reason;
  return {Predicates::kAlways, Predicates::kNever, keep_malformed_ ? Predicates::kAlways : Predicates::kNever};
}

PredicateId Primitives::where(Reason reason) {
  const auto ip_and_ports_unread = [&] {
    const PredicateId carries_ports = predicates_.all(
        {either_type({resolve::kEtherTypeIp, resolve::kEtherTypeIp6}),
         predicates_.any({predicates_.exactly(Field::kIpProto, 6), predicates_.exactly(Field::kIpProto, 17),
                          predicates_.exactly(Field::kIpProto, 132)})});
    return predicates_.all({carries_ports, unread_ports()});
  };
  switch (reason) {
    case kMalformed: {
      const PredicateId network =
          either_type({resolve::kEtherTypeIp, resolve::kEtherTypeIp6, resolve::kEtherTypeArp, resolve::kEtherTypeRarp});
      return predicates_.any({predicates_.all({network, unread_network()}), ip_and_ports_unread()});
    }
    case kExtensionHeaders:
      return predicates_.all(
          {predicates_.exactly(Field::kEthType, resolve::kEtherTypeIp6), predicates_.negate(where(kMalformed))});
    case kForeignTag:
      return foreign_tag();
    case kWhichTag:
    case kInnerTag:
      return predicates_.all(
          {tagged(), predicates_.negate(where(kExtensionHeaders)), predicates_.negate(where(kMalformed))});
    case kUntaggedFrame:
      break;
  }
  return predicates_.all({untagged(), predicates_.negate(foreign_tag()), predicates_.negate(where(kExtensionHeaders)),
                          predicates_.negate(where(kMalformed))});
}

// --- link layer ---

Bounds Primitives::directed(Direction direction, const Bounds& source, const Bounds& destination) {
  switch (direction) {
    case Direction::kSource:
      return source;
    case Direction::kDestination:
      return destination;
    case Direction::kSourceAndDestination:
      return all_of(predicates_, {source, destination});
    case Direction::kSourceOrDestination:
      break;
  }
  return any_of(predicates_, {source, destination});
}

Bounds Primitives::lower(const resolve::EtherHost& host, unsigned /*depth*/) {
  return directed(host.direction, known(predicates_.exactly(Field::kEthSource, host.address.value())),
                  known(predicates_.exactly(Field::kEthDestination, host.address.value())));
}

Bounds Primitives::lower(const resolve::EtherMulticast& /*multicast*/, unsigned /*depth*/) {
  constexpr U128 kGroupBit = U128{1} << 40;
  return known(predicates_.test({Field::kEthDestination, kGroupBit, kGroupBit}));
}

Bounds Primitives::type_is(std::uint16_t type, unsigned depth) {
  const PredicateId same = predicates_.exactly(Field::kEthType, type);
  if (depth == 0) {
    const PredicateId plain = predicates_.all({untagged(), same});
    if (type != resolve::kTagTypes[0] && type != resolve::kTagTypes[1]) return known(plain);
    reasons_ |= kWhichTag;
    return {predicates_.any({tagged(), plain}), plain, Predicates::kNever};
  }
  if (depth > 1) return unknown(kInnerTag);
  const Bounds outside = unknown(kUntaggedFrame);
  return {predicates_.any({untagged(), same}), predicates_.all({tagged(), same}),
          predicates_.all({untagged(), outside.cut})};
}

Bounds Primitives::lower(const resolve::EtherType& type, unsigned depth) {
  return type_is(type.type, depth);
}

Bounds Primitives::tag_is_there(unsigned depth) {
  if (depth == 0) {
    if (!keep_malformed_) return known(tagged());
    reasons_ |= kForeignTag;
    return known(predicates_.any({tagged(), foreign_tag()}));
  }
  std::vector<Bounds> types;
  for (const std::uint16_t type : resolve::kTagTypes) types.push_back(type_is(type, depth));
  return any_of(predicates_, types);
}

Bounds Primitives::tag_id_is(std::uint16_t id, unsigned depth) {
  if (depth > 0) return unknown(kInnerTag);
  const PredicateId same = predicates_.test({Field::kVlanTci, kTagPresent | id, 0x1fff});
  if (!keep_malformed_) return known(same);
  return {predicates_.any({untagged(), same}), same, untagged()};
}

Bounds Primitives::lower(const resolve::Vlan& vlan, unsigned depth) {
  const Bounds tag = tag_is_there(depth);
  return vlan.id ? all_of(predicates_, {tag, tag_id_is(*vlan.id, depth)}) : tag;
}

// --- network layer ---

Bounds Primitives::field(PredicateId test, PredicateId unread, unsigned depth) {
  if (depth > 1) return unknown(kInnerTag);
  Bounds bounds{predicates_.any({unread, test}), predicates_.all({predicates_.negate(unread), test}), unread};
  if (depth == 0) return bounds;
  // Behind one `vlan`, in a frame without a tag, the offsets point anywhere.
  const Bounds outside = unknown(kUntaggedFrame);
  return {predicates_.any({untagged(), bounds.upper}), predicates_.all({tagged(), bounds.lower}),
          predicates_.any({predicates_.all({untagged(), outside.cut}), bounds.cut})};
}

Bounds Primitives::network(PredicateId test, unsigned depth) {
  return field(test, unread_network(), depth);
}

Bounds Primitives::lower(const resolve::Ipv4Host& host, unsigned depth) {
  const auto family = [&](std::uint16_t type, Field source, Field destination) {
    const auto side = [&](Field field) { return network(predicates_.test({field, host.value, host.mask}), depth); };
    return all_of(predicates_, {type_is(type, depth), directed(host.direction, side(source), side(destination))});
  };
  std::vector<Bounds> families;
  if (host.ip) families.push_back(family(resolve::kEtherTypeIp, Field::kIpv4Source, Field::kIpv4Destination));
  if (host.arp) families.push_back(family(resolve::kEtherTypeArp, Field::kArpSource, Field::kArpTarget));
  if (host.rarp) families.push_back(family(resolve::kEtherTypeRarp, Field::kArpSource, Field::kArpTarget));
  return any_of(predicates_, families);
}

Bounds Primitives::lower(const resolve::Ipv6Host& host, unsigned depth) {
  const auto side = [&](Field field) { return network(predicates_.test({field, host.value, host.mask}), depth); };
  return all_of(predicates_, {type_is(resolve::kEtherTypeIp6, depth),
                              directed(host.direction, side(Field::kIpv6Source), side(Field::kIpv6Destination))});
}

Bounds Primitives::lower(const resolve::IpMulticast& multicast, unsigned depth) {
  const FieldTest test = multicast.ip6 ? FieldTest{Field::kIpv6Destination, U128{0xff} << 120, U128{0xff} << 120}
                                       : FieldTest{Field::kIpv4Destination, 0xe0000000, 0xe0000000};
  return all_of(predicates_, {type_is(multicast.ip6 ? resolve::kEtherTypeIp6 : resolve::kEtherTypeIp, depth),
                              network(predicates_.test(test), depth)});
}

Bounds Primitives::next_header_is(std::uint8_t protocol, unsigned depth) {
  reasons_ |= kExtensionHeaders;
  // A later fragment shows protocol 44; the protocol in its fragment header is out of sight.
  PredicateId possible = predicates_.any({predicates_.exactly(Field::kIpProto, protocol),
                                          predicates_.exactly(Field::kIpProto, resolve::kProtocolFragment)});
  if (std::ranges::find(kSkippedHeaders, protocol) != std::end(kSkippedHeaders)) possible = Predicates::kAlways;
  Bounds bounds = network(possible, depth);
  bounds.lower = Predicates::kNever;
  return bounds;
}

Bounds Primitives::lower(const resolve::IpProtocol& protocol, unsigned depth) {
  std::vector<Bounds> families;
  if (protocol.ip) {
    const Bounds same = network(predicates_.exactly(Field::kIpProto, protocol.protocol), depth);
    families.push_back(all_of(predicates_, {type_is(resolve::kEtherTypeIp, depth), same}));
  }
  if (protocol.ip6) {
    const Bounds type = type_is(resolve::kEtherTypeIp6, depth);
    families.push_back(all_of(predicates_, {type, next_header_is(protocol.protocol, depth)}));
  }
  return any_of(predicates_, families);
}

// --- transport layer ---

std::vector<std::uint8_t> Primitives::protocols(const resolve::Ports& ports) const {
  std::vector<std::uint8_t> numbers;
  if (ports.sctp) numbers.push_back(resolve::kProtocolSctp);
  if (ports.tcp) numbers.push_back(resolve::kProtocolTcp);
  if (ports.udp) numbers.push_back(resolve::kProtocolUdp);
  return numbers;
}

// The fewest prefixes that make up first..last.
PredicateId Primitives::range(Field field, std::uint16_t first, std::uint16_t last) {
  std::vector<PredicateId> prefixes;
  std::uint32_t at = first;
  while (at <= last) {
    unsigned bits = at == 0 ? 16 : static_cast<unsigned>(std::countr_zero(at));
    while (at + (1U << bits) - 1 > last) --bits;
    prefixes.push_back(predicates_.test({field, at, 0xffffU & ~((1U << bits) - 1)}));
    at += 1U << bits;
  }
  return predicates_.any(prefixes);
}

// Behind the right protocol: the ports, and whether the packet is one that has them. Later fragments show ports 0, so
// only a range with port 0 needs to look at ip_frag.
Bounds Primitives::port_values(const resolve::Ports& ports, unsigned depth) {
  const PredicateId source = range(Field::kL4Source, ports.first, ports.last);
  const PredicateId destination = range(Field::kL4Destination, ports.first, ports.last);
  const Bounds both = directed(ports.direction, known(source), known(destination));
  const PredicateId first_fragment = predicates_.test({Field::kIpFragment, 0, kLaterFragment});
  const PredicateId values = ports.first == 0 ? predicates_.all({first_fragment, both.upper}) : both.upper;
  const PredicateId unread = predicates_.any({unread_network(), predicates_.all({first_fragment, unread_ports()})});
  return field(values, unread, depth);
}

Bounds Primitives::ports4(const resolve::Ports& ports, unsigned depth) {
  std::vector<Bounds> choices;
  for (const std::uint8_t protocol : protocols(ports)) {
    const Bounds values = port_values(ports, depth);
    const Bounds same = network(predicates_.exactly(Field::kIpProto, protocol), depth);
    choices.push_back(all_of(predicates_, {same, values}));
  }
  return any_of(predicates_, choices);
}

Bounds Primitives::ports6(const resolve::Ports& ports, unsigned depth) {
  reasons_ |= kExtensionHeaders;
  std::vector<Bounds> choices;
  // Fragments have a fragment header in front of the ports, so libpcap sees none. Switches that are asked for standard
  // matches only (no keep_malformed) have no field for it.
  const PredicateId whole = keep_malformed_ ? predicates_.exactly(Field::kIpFragment, 0) : Predicates::kAlways;
  for (const std::uint8_t protocol : protocols(ports)) {
    Bounds same = network(predicates_.all({predicates_.exactly(Field::kIpProto, protocol), whole}), depth);
    same.lower = Predicates::kNever;
    choices.push_back(all_of(predicates_, {same, port_values(ports, depth)}));
  }
  return any_of(predicates_, choices);
}

Bounds Primitives::lower(const resolve::Ports& ports, unsigned depth) {
  if (depth > 1) return unknown(kInnerTag);
  const Bounds six = all_of(predicates_, {type_is(resolve::kEtherTypeIp6, depth), ports6(ports, depth)});
  const Bounds four = all_of(predicates_, {type_is(resolve::kEtherTypeIp, depth), ports4(ports, depth)});
  return any_of(predicates_, {six, four});
}

}  // namespace superspan::policy::lower
