// SPDX-License-Identifier: Apache-2.0
// Comparisons of header bytes: `tcp[tcpflags] & tcp-syn != 0`, `ip[8] < 5`. Bytes that make up switch fields are tests
// of these; everything else is unknown. `x & mask > value` is written as a choice of tests of some bits each.
#include <bit>
#include <map>

#include "policy/lower/header_bits.h"
#include "policy/lower/primitives.h"

namespace superspan::policy::lower {

using net::Field;
using net::FieldTest;
using net::U128;
using parse::Arithmetic;
using parse::Protocol;
using parse::Relation;
using resolve::Layout;

struct Primitives::Loaded {
  Protocol header;
  std::uint32_t index;
  std::uint32_t bytes;
  std::uint32_t mask;
};

namespace {

constexpr std::uint32_t kFirstType = 0x600;  // smaller numbers in the type field are lengths

std::uint32_t all_bits(std::uint32_t bytes) {
  return bytes == 4 ? 0xffffffff : (1U << (8 * bytes)) - 1;
}

// Of a relation with its sides exchanged.
Relation mirrored(Relation relation) {
  switch (relation) {
    case Relation::kGreater:
      return Relation::kLess;
    case Relation::kGreaterOrEqual:
      return Relation::kLessOrEqual;
    case Relation::kLess:
      return Relation::kGreater;
    case Relation::kLessOrEqual:
      return Relation::kGreaterOrEqual;
    case Relation::kEqual:
    case Relation::kNotEqual:
      break;
  }
  return relation;
}

bool holds(std::uint32_t left, Relation relation, std::uint32_t right) {
  switch (relation) {
    case Relation::kEqual:
      return left == right;
    case Relation::kNotEqual:
      return left != right;
    case Relation::kGreater:
      return left > right;
    case Relation::kGreaterOrEqual:
      return left >= right;
    case Relation::kLess:
      return left < right;
    case Relation::kLessOrEqual:
      break;
  }
  return left <= right;
}

std::optional<std::uint32_t> compute(Arithmetic op, std::uint32_t left, std::uint32_t right) {
  switch (op) {
    case Arithmetic::kAdd:
      return left + right;
    case Arithmetic::kSubtract:
      return left - right;
    case Arithmetic::kMultiply:
      return left * right;
    case Arithmetic::kDivide:
      return right == 0 ? std::nullopt : std::optional(left / right);
    case Arithmetic::kModulo:
      return right == 0 ? std::nullopt : std::optional(left % right);
    case Arithmetic::kAnd:
      return left & right;
    case Arithmetic::kOr:
      return left | right;
    case Arithmetic::kXor:
      return left ^ right;
    case Arithmetic::kLeft:
      return right < 32 ? left << right : 0;
    case Arithmetic::kRight:
      break;
  }
  return right < 32 ? left >> right : 0;
}

// So long is a header that the switch reads.
std::uint64_t least_bytes(Protocol header) {
  switch (header) {
    case Protocol::kEther:
      return 14;
    case Protocol::kIp:
    case Protocol::kTcp:
      return 20;
    case Protocol::kIp6:
      return 40;
    case Protocol::kArp:
    case Protocol::kRarp:
      return 28;
    case Protocol::kUdp:
    case Protocol::kSctp:
    case Protocol::kIcmp:
    case Protocol::kIcmp6:
      return 8;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::uint32_t> Primitives::constant(parse::TermId id) const {
  const auto& body = resolved_.terms[id.at].body;
  if (const auto* number = std::get_if<parse::Number>(&body)) return number->value;
  if (const auto* negative = std::get_if<parse::Negative>(&body)) {
    const auto operand = constant(negative->operand);
    return operand ? std::optional(0 - *operand) : std::nullopt;
  }
  const auto* binary = std::get_if<parse::Binary>(&body);
  if (binary == nullptr) return std::nullopt;
  const auto left = constant(binary->left);
  const auto right = left ? constant(binary->right) : std::nullopt;
  return right ? compute(binary->op, *left, *right) : std::nullopt;
}

// header[constant], or that & constant.
std::optional<Primitives::Loaded> Primitives::loaded(parse::TermId id) const {
  const auto& body = resolved_.terms[id.at].body;
  if (const auto* load = std::get_if<parse::Load>(&body)) {
    const auto index = constant(load->index);
    if (!index) return std::nullopt;
    return Loaded{load->protocol, *index, load->bytes, all_bits(load->bytes)};
  }
  const auto* binary = std::get_if<parse::Binary>(&body);
  if (binary == nullptr || binary->op != Arithmetic::kAnd) return std::nullopt;
  // `2 & tcp[13]` does not ask for TCP: libpcap guards the left operand only.
  const auto right = constant(binary->right);
  const auto mask = right ? right : constant(binary->left);
  auto bytes = mask ? loaded(right ? binary->left : binary->right) : std::nullopt;
  if (!bytes || (!right && bytes->header != Protocol::kEther)) return std::nullopt;
  bytes->mask &= *mask;
  return bytes;
}

bool Primitives::uses_length(parse::TermId id) const {
  const auto& body = resolved_.terms[id.at].body;
  if (std::holds_alternative<parse::FrameLength>(body)) return true;
  if (const auto* negative = std::get_if<parse::Negative>(&body)) return uses_length(negative->operand);
  const auto* binary = std::get_if<parse::Binary>(&body);
  return binary != nullptr && (uses_length(binary->left) || uses_length(binary->right));
}

Compared Primitives::compare(const parse::Comparison& comparison, const Layout& layout) {
  const auto left = constant(comparison.left);
  const auto right = constant(comparison.right);
  if (left && right) return {known_if(holds(*left, comparison.relation, *right)), false};
  const auto bytes = left ? loaded(comparison.right) : loaded(comparison.left);
  if (bytes && left) return compare(*bytes, mirrored(comparison.relation), *left, layout);
  if (bytes && right) return compare(*bytes, comparison.relation, *right, layout);
  return {unknown(uses_length(comparison.left) || uses_length(comparison.right) ? kLength : kBytes), false};
}

Bounds Primitives::lower(const resolve::ByteTest& byte, const Layout& layout) {
  if (byte.relation == parse::ByteRelation::kAnd || byte.relation == parse::ByteRelation::kOr) return unknown(kBytes);
  const Loaded bytes{Protocol::kEther, byte.index, 1, 0xff};
  const Relation relation = byte.relation == parse::ByteRelation::kEqual  ? Relation::kEqual
                            : byte.relation == parse::ByteRelation::kLess ? Relation::kLess
                                                                          : Relation::kGreater;
  const Compared compared = compare(bytes, relation, byte.value, layout);
  return compared.inverted ? negate(predicates_, compared.bounds) : compared.bounds;
}

Compared Primitives::compare(const Loaded& bytes, Relation relation, std::uint32_t value, const Layout& layout) {
  if (const auto whole = compare_whole_field(bytes, relation, value, layout)) return *whole;
  // Nothing is below 0, but the bytes must be there.
  const auto at_least = [&] { return value == 0 ? equal(bytes, 0, 1, layout) : above(bytes, value - 1, layout); };
  switch (relation) {
    case Relation::kEqual:
      return {equal(bytes, bytes.mask, value, layout), false};
    case Relation::kNotEqual:
      return {equal(bytes, bytes.mask, value, layout), true};
    case Relation::kGreater:
      return {above(bytes, value, layout), false};
    case Relation::kLessOrEqual:
      return {above(bytes, value, layout), true};
    case Relation::kGreaterOrEqual:
      return {at_least(), value == 0};
    case Relation::kLess:
      break;
  }
  return {at_least(), value != 0};
}

// One byte that is a field without masks: the values that fit, or those that do not, one by one.
std::optional<Compared> Primitives::compare_whole_field(const Loaded& bytes, Relation relation, std::uint32_t value,
                                                        const Layout& layout) {
  const HeaderBit top = header_bit(bytes.header, 8ULL * bytes.index);
  const auto tags = layout.tags();
  if (!tags || bytes.bytes != 1 || top.kind != BitKind::kField || !is_whole(top.field, bytes.header)) {
    return std::nullopt;
  }
  if (header_bit(bytes.header, 8ULL * bytes.index + 7).field != top.field) return std::nullopt;  // DSCP and ECN
  std::vector<PredicateId> fit;
  std::vector<PredicateId> rest;
  for (std::uint32_t candidate = 0; candidate < 256; ++candidate) {
    (holds(candidate & bytes.mask, relation, value) ? fit : rest).push_back(predicates_.exactly(top.field, candidate));
  }
  const bool inverted = rest.size() < fit.size();
  return Compared{field(predicates_.any(inverted ? rest : fit), unread(bytes.header), *tags), inverted};
}

// (bytes & mask) > value: some bit is 1 where the value has 0, and all bits above it are those of the value.
Bounds Primitives::above(const Loaded& bytes, std::uint32_t value, const Layout& layout) {
  const bool type = bytes.header == Protocol::kEther && bytes.index == 12 && bytes.mask == 0xffff && bytes.bytes == 2;
  if (type && value < kFirstType && !layout.header.slot && layout.header.constant == 0) {
    const Bounds length = is_length(0);  // all types are above it, some lengths may be
    return {Predicates::kAlways, predicates_.negate(length.upper), Predicates::kNever};
  }
  std::vector<Bounds> choices;
  std::uint32_t higher = 0;
  for (std::uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    const bool wanted = (value & bit) != 0;
    if ((bytes.mask & bit) == 0) {
      if (wanted) break;
    } else if (!wanted) {
      choices.push_back(equal(bytes, higher | bit, (value & higher) | bit, layout));
    }
    higher |= bytes.mask & bit;
  }
  if (choices.empty()) return equal(bytes, 0, 1, layout);
  return any_of(predicates_, choices);
}

// (bytes & mask) == value.
Bounds Primitives::equal(const Loaded& bytes, std::uint32_t mask, std::uint32_t value, const Layout& layout) {
  const bool ether = bytes.header == Protocol::kEther;
  const auto tags = ether && !layout.header.slot && layout.header.constant == 0 ? std::optional(0U) : layout.tags();
  if (!tags) return unknown(kWrapped);
  if (bytes.header == Protocol::kIp && bytes.index == 6 && bytes.bytes == 2 && (mask == 0x1fff || mask == 0x3fff)) {
    return fragment_bits(mask, value, *tags);
  }
  std::map<Field, FieldTest> tests;
  FieldTest type{Field::kEthType, 0, 0};
  bool hidden = false;
  bool possible = (value & ~mask) == 0;
  for (unsigned at = 0; at < 8 * bytes.bytes; ++at) {
    const std::uint32_t bit = 1U << (8 * bytes.bytes - 1 - at);
    const HeaderBit source = header_bit(bytes.header, 8ULL * bytes.index + at);
    const bool wanted = (mask & bit) != 0;
    const bool one = (value & bit) != 0;
    if (source.kind == BitKind::kHidden) {
      // Even if no bit of it is wanted, the byte may be behind the end.
      hidden = hidden || wanted || bytes.index + std::uint64_t{at} / 8 >= least_bytes(bytes.header);
    } else if (wanted && source.kind == BitKind::kZero) {
      possible = possible && !one;
    } else if (wanted) {
      FieldTest& test = source.kind == BitKind::kType
                            ? type
                            : tests.try_emplace(source.field, FieldTest{source.field, 0, 0}).first->second;
      test.mask |= U128{1} << source.shift;
      if (one) test.value |= U128{1} << source.shift;
    }
  }
  std::vector<PredicateId> parts;
  for (const auto& [field, test] : tests) {
    if (!is_whole(field, bytes.header)) {
      parts.push_back(predicates_.test(test));
    } else if (const auto exact = whole_values(test, bytes.header)) {
      parts.push_back(*exact);
    } else {
      hidden = true;
    }
  }
  if (!possible) parts = {Predicates::kNever};
  Bounds bounds = field(predicates_.all(parts), unread(bytes.header), *tags);
  if (type.mask != 0) bounds = all_of(predicates_, {bounds, type_bits(type)});
  if (!hidden) return bounds;
  // Also what can never hold reads bytes that may not be there.
  return {bounds.upper, Predicates::kNever, unknown(kBytes).cut};
}

// A switch matches these fields only as a whole: an ICMP type, a TTL.
bool Primitives::is_whole(Field field, Protocol header) {
  switch (field) {
    case Field::kIpProto:
    case Field::kIpDscp:
    case Field::kIpEcn:
    case Field::kIpTtl:
      return true;
    case Field::kL4Source:
    case Field::kL4Destination:
      return header == Protocol::kIcmp || header == Protocol::kIcmp6;
    default:
      return false;
  }
}

// A masked test of such a field as a choice of values; nothing if there are too many.
std::optional<PredicateId> Primitives::whole_values(const FieldTest& test, Protocol header) {
  constexpr std::size_t kMostValues = 64;
  const bool icmp = header == Protocol::kIcmp || header == Protocol::kIcmp6;
  const unsigned bits = icmp ? 8 : net::width_bits(test.field);
  std::vector<PredicateId> values;
  for (std::uint32_t value = 0; value < (1U << bits); ++value) {
    if ((value & test.mask) == test.value) values.push_back(predicates_.exactly(test.field, value));
  }
  return values.size() <= kMostValues ? std::optional(predicates_.any(values)) : std::nullopt;
}

PredicateId Primitives::unread(Protocol header) {
  switch (header) {
    case Protocol::kIp:
    case Protocol::kIp6:
    case Protocol::kArp:
    case Protocol::kRarp:
      return unread_network();
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kSctp:
    case Protocol::kIcmp:
    case Protocol::kIcmp6:
      return unread_transport();
    default:
      return Predicates::kNever;
  }
}

// Bytes 12 and 13 of the frame: the type or length of an untagged frame, 0x8100 or 0x88a8 of a tagged one. Some bits of
// them alone are no field.
Bounds Primitives::type_bits(const FieldTest& test) {
  if (test.mask != net::full_mask(Field::kEthType)) {
    reasons_ |= kBytes;
    return {Predicates::kAlways, Predicates::kNever, Predicates::kNever};
  }
  if (test.value >= kFirstType) return type_is(static_cast<std::uint32_t>(test.value), 0);
  return is_length(0);
}

// ip[6:2] & 0x1fff is 0 in all but later fragments, ip[6:2] & 0x3fff in whole packets; no other value is seen.
Bounds Primitives::fragment_bits(std::uint32_t mask, std::uint32_t value, unsigned tags) {
  if ((value & ~mask) != 0) return network(Predicates::kNever, tags);
  const U128 shown = mask == 0x1fff ? 2 : 3;
  const PredicateId zero = predicates_.test({Field::kIpFragment, 0, shown});
  if (value == 0) return network(zero, tags);
  Bounds bounds = network(predicates_.negate(zero), tags);
  bounds.lower = Predicates::kNever;
  reasons_ |= kBytes;
  return bounds;
}

}  // namespace superspan::policy::lower
