// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "policy/lower/primitives.h"

namespace superspan::policy::lower {

using net::Field;
using net::U128;
using resolve::Direction;
using resolve::Layout;

namespace {

constexpr U128 kTagPresent = 0x1000;           // in vlan_tci
constexpr std::uint16_t kShownLength = 0x5ff;  // dl_type of a frame with a length field
constexpr std::uint16_t kFirstType = 0x600;

}  // namespace

unsigned Primitives::take_reasons() {
  return std::exchange(reasons_, 0);
}

Bounds Primitives::unknown(Reason reason) {
  reasons_ |= reason;
  return {Predicates::kAlways, Predicates::kNever, Predicates::kAlways};
}

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

PredicateId Primitives::where(Reason reason) {
  const auto but_not_damaged = [&](PredicateId predicate) {
    return predicates_.all({predicate, predicates_.negate(where(kMalformed))});
  };
  switch (reason) {
    case kMalformed: {
      const PredicateId network =
          either_type({resolve::kEtherTypeIp, resolve::kEtherTypeIp6, resolve::kEtherTypeArp, resolve::kEtherTypeRarp});
      const PredicateId carries_ports = predicates_.all(
          {either_type({resolve::kEtherTypeIp, resolve::kEtherTypeIp6}),
           predicates_.any({predicates_.exactly(Field::kIpProto, 6), predicates_.exactly(Field::kIpProto, 17),
                            predicates_.exactly(Field::kIpProto, 132)})});
      return predicates_.any(
          {predicates_.all({network, unread_network()}), predicates_.all({carries_ports, unread_ports()})});
    }
    case kExtensionHeaders:
      return but_not_damaged(predicates_.exactly(Field::kEthType, resolve::kEtherTypeIp6));
    case kForeignTag:
      return foreign_tag();
    case kWhichTag:
    case kInnerTag:
      return predicates_.all(
          {tagged(), predicates_.negate(where(kExtensionHeaders)), predicates_.negate(where(kMalformed))});
    case kUntaggedFrame:
      return predicates_.all({untagged(), predicates_.negate(foreign_tag()),
                              predicates_.negate(where(kExtensionHeaders)), predicates_.negate(where(kMalformed))});
    case kLlc:
      return predicates_.exactly(Field::kEthType, kShownLength);
    case kWrapped:
    case kLength:
    case kBytes:
    case kTunnel:
    case kPayload:
    case kWhichTap:
      break;
  }
  return but_not_damaged(Predicates::kAlways);
}

// --- addresses ---

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

Bounds Primitives::lower(const resolve::EtherHost& host, const Layout& layout) {
  if (layout.header.slot) return unknown(kWrapped);
  return directed(host.direction, known(predicates_.exactly(Field::kEthSource, host.address.value())),
                  known(predicates_.exactly(Field::kEthDestination, host.address.value())));
}

Bounds Primitives::lower(const resolve::EtherMulticast& /*multicast*/, const Layout& layout) {
  constexpr U128 kGroupBit = U128{1} << 40;
  if (layout.header.slot) return unknown(kWrapped);
  return known(predicates_.test({Field::kEthDestination, kGroupBit, kGroupBit}));
}

// --- types ---

Bounds Primitives::only_if_tagged(const Bounds& bounds) {
  const Bounds outside = unknown(kUntaggedFrame);
  return {predicates_.any({untagged(), bounds.upper}), predicates_.all({tagged(), bounds.lower}),
          predicates_.any({predicates_.all({untagged(), outside.cut}), bounds.cut})};
}

Bounds Primitives::type_is(std::uint32_t type, unsigned tags) {
  if (tags == resolve::kAnyTags) {
    return unless_deeper(type > 0xffff ? known_if(false) : known(predicates_.exactly(Field::kEthType, type)));
  }
  if (tags > 1) return unknown(kInnerTag);
  if (type > 0xffff) return tags == 0 ? known_if(false) : only_if_tagged(known_if(false));
  const PredicateId same = predicates_.exactly(Field::kEthType, type);
  if (tags == 1) return only_if_tagged(known(same));
  const PredicateId plain = predicates_.all({untagged(), same});
  if (type != resolve::kTagTypes[0] && type != resolve::kTagTypes[1]) return known(plain);
  reasons_ |= kWhichTag;
  return {predicates_.any({tagged(), plain}), plain, Predicates::kNever};
}

Bounds Primitives::type_is_at(std::uint32_t type, const Layout& layout) {
  const auto tags = layout.tags();
  return tags ? type_is(type, *tags) : unknown(kWrapped);
}

// A length up to 1500, of all the numbers below 0x600 that a switch shows as 0x5ff.
Bounds Primitives::is_length(unsigned tags) {
  if (tags == resolve::kAnyTags) {
    reasons_ |= kLlc;
    return unless_deeper({predicates_.exactly(Field::kEthType, kShownLength), Predicates::kNever, Predicates::kNever});
  }
  if (tags > 1) return unknown(kInnerTag);
  reasons_ |= kLlc;
  const PredicateId shown = predicates_.exactly(Field::kEthType, kShownLength);
  if (tags == 1) return only_if_tagged({shown, Predicates::kNever, Predicates::kNever});
  return {predicates_.all({untagged(), shown}), Predicates::kNever, Predicates::kNever};
}

Bounds Primitives::llc(unsigned tags, std::optional<std::uint16_t> type) {
  Bounds bounds = is_length(tags);
  bounds.cut = predicates_.any({bounds.cut, keep_malformed_ ? bounds.upper : Predicates::kNever});
  if (!type) return bounds;
  // A switch takes the type out of a SNAP header, too.
  Bounds plain = type_is(*type, tags);
  bounds.upper = predicates_.any({bounds.upper, plain.upper});
  return any_of(predicates_, {plain, bounds});
}

Bounds Primitives::lower(const resolve::LinkType& test, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  switch (test.type) {
    case resolve::kEtherTypeAtalk:
    case resolve::kEtherTypeAarp:
      return llc(*tags, static_cast<std::uint16_t>(test.type));
    case resolve::kAccessIpx:
      return llc(*tags, resolve::kEtherTypeIpx);
    default:
      break;
  }
  if (test.type <= resolve::kMaxLength) return llc(*tags, std::nullopt);
  if (test.type >= kFirstType) return type_is(test.type, *tags);
  return is_length(*tags);  // no length, no type: a switch shows 0x5ff as well
}

Bounds Primitives::behind_length(const Layout& layout) {
  const auto tags = layout.tags();
  return tags ? llc(*tags, std::nullopt) : unknown(kWrapped);
}

Bounds Primitives::lower(const resolve::LlcFrame& /*frame*/, const Layout& layout) {
  return behind_length(layout);
}
Bounds Primitives::lower(const resolve::IsoProtocol& /*protocol*/, const Layout& layout) {
  return behind_length(layout);
}
Bounds Primitives::lower(const resolve::IsisTypes& /*types*/, const Layout& layout) {
  return behind_length(layout);
}

// --- encapsulations ---

Bounds Primitives::tag_is_there(unsigned tags) {
  if (tags == 0) {
    if (!keep_malformed_) return known(tagged());
    reasons_ |= kForeignTag;
    return known(predicates_.any({tagged(), foreign_tag()}));
  }
  std::vector<Bounds> types;
  for (const std::uint16_t type : resolve::kTagTypes) types.push_back(type_is(type, tags));
  return any_of(predicates_, types);
}

Bounds Primitives::tag_id_is(std::uint16_t id, unsigned tags) {
  if (tags > 0) return unknown(kInnerTag);
  const PredicateId same = predicates_.test({Field::kVlanTci, kTagPresent | id, 0x1fff});
  if (!keep_malformed_) return known(same);
  return {predicates_.any({untagged(), same}), same, untagged()};
}

Bounds Primitives::lower(const resolve::Vlan& vlan, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  const Bounds tag = tag_is_there(*tags);
  return vlan.id ? all_of(predicates_, {tag, tag_id_is(*vlan.id, *tags)}) : tag;
}

Bounds Primitives::lower(const resolve::Mpls& mpls, const Layout& layout) {
  const Bounds type = type_is_at(resolve::kEtherTypeMpls, layout);
  return mpls.label ? all_of(predicates_, {type, unknown(kWrapped)}) : type;
}

Bounds Primitives::lower(const resolve::PppoeSession& session, const Layout& layout) {
  const Bounds type = type_is_at(resolve::kEtherTypePppoeSession, layout);
  return session.id ? all_of(predicates_, {type, unknown(kWrapped)}) : type;
}

Bounds Primitives::lower(const resolve::Geneve& /*geneve*/, const Layout& layout) {
  const resolve::Ports port{false, true, false, Direction::kDestination, resolve::kGenevePort, resolve::kGenevePort};
  return all_of(predicates_, {lower(port, layout), unknown(kWrapped)});
}

Bounds Primitives::lower(const resolve::Length& length, const Layout& /*layout*/) {
  if (length.at_least && length.bytes == 0) return known_if(true);
  Bounds bounds = unknown(kLength);
  bounds.cut = Predicates::kNever;
  return bounds;
}

}  // namespace superspan::policy::lower
