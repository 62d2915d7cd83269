// SPDX-License-Identifier: Apache-2.0
#include "net/field.h"

#include <array>
#include <cstdio>

#include "net/address.h"

namespace superspan::net {
namespace {

constexpr std::array<const char*, kFieldCount> kNames = {
    "dl_dst", "dl_src",    "vlan_tci", "dl_type", "nw_proto", "ip_frag",  "ip_dscp",  "nw_ecn",
    "nw_ttl", "nw_src",    "nw_dst",   "arp_spa", "arp_tpa",  "ipv6_src", "ipv6_dst", "tp_src",
    "tp_dst", "tcp_flags", "nsh_spi",  "nsh_si",  "nsh_c1",   "nsh_c2",   "nsh_c3",   "nsh_c4"};

std::string hex(U128 value) {
  char text[40];
  const auto high = static_cast<unsigned long long>(value >> 64);
  const auto low = static_cast<unsigned long long>(value);
  if (high != 0) {
    std::snprintf(text, sizeof(text), "0x%llx%016llx", high, low);
  } else {
    std::snprintf(text, sizeof(text), "0x%llx", low);
  }
  return text;
}

std::string print(Field field, U128 value) {
  switch (field) {
    case Field::kEthDestination:
    case Field::kEthSource: {
      MacAddress address;
      for (std::size_t index = 6; index-- > 0; value >>= 8) address.bytes[index] = static_cast<std::uint8_t>(value);
      return address.to_string();
    }
    case Field::kIpv4Source:
    case Field::kIpv4Destination:
    case Field::kArpSource:
    case Field::kArpTarget:
      return Ipv4Address{static_cast<std::uint32_t>(value)}.to_string();
    case Field::kIpv6Source:
    case Field::kIpv6Destination:
      return Ipv6Address::from(value).to_string();
    case Field::kVlanTci:
    case Field::kEthType:
    case Field::kTcpFlags:
    case Field::kNshSpi:
    case Field::kNshContext1:
    case Field::kNshContext2:
    case Field::kNshContext3:
    case Field::kNshContext4:
      return hex(value);
    default:
      return std::to_string(static_cast<unsigned>(value));
  }
}

// Length of the prefix that mask is, or nothing if its ones are not all in front.
std::optional<unsigned> prefix_length(Field field, U128 mask) {
  const unsigned width = width_bits(field);
  for (unsigned length = 1; length <= width; ++length) {
    if (mask == (full_mask(field) >> (width - length) << (width - length))) return length;
  }
  return std::nullopt;
}

bool is_ip_address(Field field) {
  return field >= Field::kIpv4Source && field <= Field::kIpv6Destination;
}

}  // namespace

const char* name(Field field) {
  return kNames[static_cast<std::size_t>(field)];
}

std::optional<FieldTest> intersect(const FieldTest& left, const FieldTest& right) {
  const U128 shared = left.mask & right.mask;
  if ((left.value & shared) != (right.value & shared)) return std::nullopt;
  return FieldTest{left.field, left.value | right.value, left.mask | right.mask};
}

std::optional<Cube> intersect(const Cube& left, const Cube& right) {
  Cube both;
  both.reserve(left.size() + right.size());
  auto first = left.begin();
  auto second = right.begin();
  while (first != left.end() || second != right.end()) {
    if (second == right.end() || (first != left.end() && first->field < second->field)) {
      both.push_back(*first++);
    } else if (first == left.end() || second->field < first->field) {
      both.push_back(*second++);
    } else {
      const auto merged = intersect(*first++, *second++);
      if (!merged) return std::nullopt;
      both.push_back(*merged);
    }
  }
  return both;
}

std::string to_string(const FieldTest& test) {
  std::string text = std::string(name(test.field)) + "=" + print(test.field, test.value);
  if (test.mask == full_mask(test.field)) return text;
  const auto length = prefix_length(test.field, test.mask);
  if (is_ip_address(test.field) && length) return text + "/" + std::to_string(*length);
  return text + "/" + (is_ip_address(test.field) ? print(test.field, test.mask) : hex(test.mask));
}

std::string to_string(const Cube& cube) {
  std::string text;
  for (const FieldTest& test : cube) text += (text.empty() ? "" : ",") + to_string(test);
  return text;
}

}  // namespace superspan::net
