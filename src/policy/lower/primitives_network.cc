// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "policy/lower/primitives.h"

namespace superspan::policy::lower {

using net::Field;
using net::FieldTest;
using net::U128;
using resolve::Layout;

namespace {

constexpr U128 kLaterFragment = 2;  // in ip_frag
// Next headers that a switch skips, so that it never shows them.
constexpr std::uint8_t kSkippedHeaders[] = {0, 43, 44, 51, 60};

std::vector<std::uint8_t> protocols(const resolve::Ports& ports) {
  std::vector<std::uint8_t> numbers;
  if (ports.sctp) numbers.push_back(resolve::kProtocolSctp);
  if (ports.tcp) numbers.push_back(resolve::kProtocolTcp);
  if (ports.udp) numbers.push_back(resolve::kProtocolUdp);
  return numbers;
}

}  // namespace

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

PredicateId Primitives::unread_transport() {
  const PredicateId first_fragment = predicates_.test({Field::kIpFragment, 0, kLaterFragment});
  return predicates_.any({unread_network(), predicates_.all({first_fragment, unread_ports()})});
}

Bounds Primitives::field(PredicateId test, PredicateId unread, unsigned tags) {
  Bounds bounds{predicates_.any({unread, test}), predicates_.all({predicates_.negate(unread), test}), unread};
  if (tags == resolve::kAnyTags) return unless_deeper(bounds);
  if (tags > 1) return unknown(kInnerTag);
  return tags == 0 ? bounds : only_if_tagged(bounds);
}

Bounds Primitives::network(PredicateId test, unsigned tags) {
  return field(test, unread_network(), tags);
}

Bounds Primitives::lower(const resolve::Ipv4Host& host, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  const auto family = [&](std::uint16_t type, Field source, Field destination) {
    const auto side = [&](Field field) { return network(predicates_.test({field, host.value, host.mask}), *tags); };
    return all_of(predicates_, {type_is(type, *tags), directed(host.direction, side(source), side(destination))});
  };
  std::vector<Bounds> families;
  if (host.ip) families.push_back(family(resolve::kEtherTypeIp, Field::kIpv4Source, Field::kIpv4Destination));
  if (host.arp) families.push_back(family(resolve::kEtherTypeArp, Field::kArpSource, Field::kArpTarget));
  if (host.rarp) families.push_back(family(resolve::kEtherTypeRarp, Field::kArpSource, Field::kArpTarget));
  return any_of(predicates_, families);
}

Bounds Primitives::lower(const resolve::Ipv6Host& host, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  const auto side = [&](Field field) { return network(predicates_.test({field, host.value, host.mask}), *tags); };
  return all_of(predicates_, {type_is(resolve::kEtherTypeIp6, *tags),
                              directed(host.direction, side(Field::kIpv6Source), side(Field::kIpv6Destination))});
}

Bounds Primitives::lower(const resolve::DecnetHost& /*host*/, const Layout& layout) {
  const Bounds type = type_is_at(resolve::kEtherTypeDecnet, layout);
  return all_of(predicates_, {type, unknown(kBytes)});
}

Bounds Primitives::lower(const resolve::IpMulticast& multicast, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  const FieldTest test = multicast.ip6 ? FieldTest{Field::kIpv6Destination, U128{0xff} << 120, U128{0xff} << 120}
                                       : FieldTest{Field::kIpv4Destination, 0xe0000000, 0xe0000000};
  return all_of(predicates_, {type_is(multicast.ip6 ? resolve::kEtherTypeIp6 : resolve::kEtherTypeIp, *tags),
                              network(predicates_.test(test), *tags)});
}

// --- protocols ---

Bounds Primitives::next_header_is(std::uint32_t protocol, unsigned tags) {
  if (protocol > 0xff) return network(Predicates::kNever, tags);
  reasons_ |= kExtensionHeaders;
  // A later fragment shows protocol 44; the protocol in its fragment header is out of sight.
  PredicateId possible = predicates_.any({predicates_.exactly(Field::kIpProto, protocol),
                                          predicates_.exactly(Field::kIpProto, resolve::kProtocolFragment)});
  if (std::ranges::find(kSkippedHeaders, protocol) != std::end(kSkippedHeaders)) possible = Predicates::kAlways;
  Bounds bounds = network(possible, tags);
  bounds.lower = Predicates::kNever;
  return bounds;
}

Bounds Primitives::lower(const resolve::IpProtocol& protocol, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  std::vector<Bounds> families;
  if (protocol.ip) {
    const bool exists = protocol.protocol <= 0xff;
    const Bounds same =
        network(exists ? predicates_.exactly(Field::kIpProto, protocol.protocol) : Predicates::kNever, *tags);
    families.push_back(all_of(predicates_, {type_is(resolve::kEtherTypeIp, *tags), same}));
  }
  if (protocol.ip6) {
    const Bounds type = type_is(resolve::kEtherTypeIp6, *tags);
    families.push_back(all_of(predicates_, {type, next_header_is(protocol.protocol, *tags)}));
  }
  return any_of(predicates_, families);
}

// The whole chain of IPv6 is out of sight; in IPv4 there is one only behind an authentication header.
Bounds Primitives::lower(const resolve::ProtocolChain& chain, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  const Bounds type = type_is(chain.ip6 ? resolve::kEtherTypeIp6 : resolve::kEtherTypeIp, *tags);
  if (chain.ip6) return all_of(predicates_, {type, unknown(kExtensionHeaders)});
  const PredicateId authenticated = predicates_.exactly(Field::kIpProto, resolve::kProtocolAh);
  const PredicateId same =
      chain.protocol <= 0xff ? predicates_.exactly(Field::kIpProto, chain.protocol) : Predicates::kNever;
  Bounds first = network(same, *tags);
  if (chain.protocol == resolve::kProtocolAh) return all_of(predicates_, {type, first});
  const Bounds rest = all_of(predicates_, {network(authenticated, *tags), unknown(kBytes)});
  return all_of(predicates_, {type, any_of(predicates_, {first, rest})});
}

Bounds Primitives::lower(const resolve::FirstFragment& /*fragment*/, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  return network(predicates_.test({Field::kIpFragment, 0, kLaterFragment}), *tags);
}

// The next header of the IPv6 header itself. Fragments have a fragment header there. Switches that are asked for
// standard matches only (no keep_malformed) have no field for it.
Bounds Primitives::first_next_header_is(std::uint8_t protocol, unsigned tags) {
  reasons_ |= kExtensionHeaders;
  const PredicateId whole = keep_malformed_ ? predicates_.exactly(Field::kIpFragment, 0) : Predicates::kAlways;
  Bounds same = network(predicates_.all({predicates_.exactly(Field::kIpProto, protocol), whole}), tags);
  same.lower = Predicates::kNever;
  return same;
}

Bounds Primitives::lower(const resolve::NextHeader& header, const Layout& layout) {
  const auto tags = layout.tags();
  return tags ? first_next_header_is(header.protocol, *tags) : unknown(kWrapped);
}

// --- ports ---

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
Bounds Primitives::port_values(const resolve::Ports& ports, unsigned tags) {
  const PredicateId source = range(Field::kL4Source, ports.first, ports.last);
  const PredicateId destination = range(Field::kL4Destination, ports.first, ports.last);
  const Bounds both = directed(ports.direction, known(source), known(destination));
  const PredicateId first_fragment = predicates_.test({Field::kIpFragment, 0, kLaterFragment});
  const PredicateId values = ports.first == 0 ? predicates_.all({first_fragment, both.upper}) : both.upper;
  return field(values, unread_transport(), tags);
}

Bounds Primitives::ports4(const resolve::Ports& ports, unsigned tags) {
  std::vector<Bounds> choices;
  for (const std::uint8_t protocol : protocols(ports)) {
    const Bounds values = port_values(ports, tags);
    const Bounds same = network(predicates_.exactly(Field::kIpProto, protocol), tags);
    choices.push_back(all_of(predicates_, {same, values}));
  }
  return any_of(predicates_, choices);
}

Bounds Primitives::ports6(const resolve::Ports& ports, unsigned tags) {
  std::vector<Bounds> choices;
  for (const std::uint8_t protocol : protocols(ports)) {
    choices.push_back(all_of(predicates_, {first_next_header_is(protocol, tags), port_values(ports, tags)}));
  }
  return any_of(predicates_, choices);
}

Bounds Primitives::lower(const resolve::Ports& ports, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  if (*tags > 1 && *tags != resolve::kAnyTags) return unknown(kInnerTag);
  const Bounds six = all_of(predicates_, {type_is(resolve::kEtherTypeIp6, *tags), ports6(ports, *tags)});
  const Bounds four = all_of(predicates_, {type_is(resolve::kEtherTypeIp, *tags), ports4(ports, *tags)});
  return any_of(predicates_, {six, four});
}

}  // namespace superspan::policy::lower
