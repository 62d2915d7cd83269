// SPDX-License-Identifier: Apache-2.0
// The words of superspan.
#include "policy/lower/primitives.h"

namespace superspan::policy::lower {

using net::Field;
using resolve::Layout;

namespace {

constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint32_t kProtocolGre = 47;

}  // namespace

// The outer headers are matched, what they carry is left to a node.
Bounds Primitives::lower(const resolve::Tunnel& /*tunnel*/, const Layout& layout) {
  if (!layout.tags()) return unknown(kWrapped);
  const auto udp = [&](std::uint16_t port) {
    return lower(resolve::Ports{false, true, false, resolve::Direction::kDestination, port, port}, layout);
  };
  const Bounds outer = any_of(predicates_, {udp(kVxlanPort), udp(resolve::kGenevePort),
                                            lower(resolve::IpProtocol{true, true, kProtocolGre}, layout)});
  return all_of(predicates_, {outer, unknown(kTunnel)});
}

Bounds Primitives::lower(const resolve::SkipTags& /*skip*/, const Layout& layout) {
  if (layout.tags() != 0U) {
    Bounds bounds = unknown(kWrapped);
    bounds.lower = Predicates::kAlways;
    return bounds;
  }
  return {Predicates::kAlways, Predicates::kAlways, deeper_tag()};
}

Bounds Primitives::lower(const resolve::Payload& /*payload*/, const Layout& /*layout*/) {
  Bounds bounds = unknown(kPayload);
  bounds.cut = Predicates::kNever;
  return bounds;
}

Bounds Primitives::lower(const resolve::Tap& /*tap*/, const Layout& /*layout*/) {
  Bounds bounds = unknown(kWhichTap);
  bounds.cut = Predicates::kNever;
  return bounds;
}

Bounds Primitives::lower(const resolve::TcpFlags6& flags, const Layout& layout) {
  const auto tags = layout.tags();
  if (!tags) return unknown(kWrapped);
  if (*tags > 1 && *tags != resolve::kAnyTags) return unknown(kInnerTag);
  const Bounds values = field(predicates_.test({Field::kTcpFlags, flags.value, flags.mask}), unread_transport(), *tags);
  return all_of(predicates_,
                {type_is(resolve::kEtherTypeIp6, *tags), first_next_header_is(resolve::kProtocolTcp, *tags), values});
}

PredicateId Primitives::deeper_tag() {
  return either_type({resolve::kTagTypes[0], resolve::kTagTypes[1], resolve::kTagTypes[2]});
}

Bounds Primitives::unless_deeper(const Bounds& bounds) {
  reasons_ |= kInnerTag | kForeignTag;
  const PredicateId deeper = deeper_tag();
  return {predicates_.any({deeper, bounds.upper}), predicates_.all({predicates_.negate(deeper), bounds.lower}),
          predicates_.any({deeper, bounds.cut})};
}

}  // namespace superspan::policy::lower
