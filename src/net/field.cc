// SPDX-License-Identifier: Apache-2.0
#include "net/field.h"

#include <array>
#include <cstdio>

#include "net/address.h"

namespace superspan::net {
namespace {

struct FieldInfo {
  const char* name;
  unsigned width_bits;
};

constexpr std::array<FieldInfo, kFieldCount> kFields = {{
    {"dl_dst", 48},  {"dl_src", 48},    {"vlan_tci", 16},  {"dl_type", 16}, {"nw_proto", 8}, {"ip_frag", 2},
    {"ip_dscp", 6},  {"nw_ecn", 2},     {"nw_ttl", 8},     {"nw_src", 32},  {"nw_dst", 32},  {"arp_spa", 32},
    {"arp_tpa", 32}, {"ipv6_src", 128}, {"ipv6_dst", 128}, {"tp_src", 16},  {"tp_dst", 16},  {"tcp_flags", 12},
    {"nsh_spi", 24}, {"nsh_si", 8},     {"nsh_c1", 32},    {"nsh_c2", 32},  {"nsh_c3", 32},  {"nsh_c4", 32},
}};

const FieldInfo& info(Field field) {
  return kFields[static_cast<std::size_t>(field)];
}

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

unsigned width_bits(Field field) {
  return info(field).width_bits;
}
const char* name(Field field) {
  return info(field).name;
}
U128 full_mask(Field field) {
  const unsigned width = width_bits(field);
  return width == 128 ? ~U128{0} : (U128{1} << width) - 1;
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
