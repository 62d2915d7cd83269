// SPDX-License-Identifier: Apache-2.0
// The header fields that a switch can match, and cubes: conjunctions of masked tests on them.
//
// This is the one vocabulary that the policy compiler, the fabric and the OpenFlow codec share. A field means what an
// Open vSwitch flow key means by it (ovs-fields(7)): kEthType is the type behind the VLAN tags the switch parses,
// kL4Source/kL4Destination are TCP, UDP or SCTP ports or ICMP type/code depending on kIpProto, kArpSource is arp_spa.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superspan::net {

__extension__ typedef unsigned __int128 U128;

// In matching order: a field never needs a field that stands behind it as its prerequisite.
enum class Field : std::uint8_t {
  kEthDestination,   // 48 bits
  kEthSource,        // 48 bits
  kVlanTci,          // 16 bits: 0 = no tag; else PCP (3), 0x1000 = present, VID (12). The outermost tag
  kEthType,          // 16 bits; 0x05ff for a frame with an 802.3 length and no SNAP type
  kIpProto,          // 8 bits; IPv6: the last next-header behind extension headers; ARP: opcode (low 8 bits)
  kIpFragment,       // 2 bits: 0 = whole, 1 = first fragment, 3 = later fragment
  kIpDscp,           // 6 bits, value 0-63
  kIpEcn,            // 2 bits
  kIpTtl,            // 8 bits
  kIpv4Source,       // 32 bits
  kIpv4Destination,  // 32 bits
  kArpSource,        // 32 bits, sender protocol address
  kArpTarget,        // 32 bits, target protocol address
  kIpv6Source,       // 128 bits
  kIpv6Destination,  // 128 bits
  kL4Source,         // 16 bits; ICMP: type
  kL4Destination,    // 16 bits; ICMP: code
  kTcpFlags,         // 12 bits
  kNshSpi,           // 24 bits, RFC 8300 service path identifier
  kNshSi,            // 8 bits, RFC 8300 service index
  kNshContext1,      // 32 bits each, RFC 8300 section 2.4 fixed-length context header
  kNshContext2,
  kNshContext3,
  kNshContext4,
};
inline constexpr std::size_t kFieldCount = 24;

inline constexpr std::array<std::uint8_t, kFieldCount> kFieldBits = {48, 48,  16,  16, 8,  2,  6,  2, 8,  32, 32, 32,
                                                                     32, 128, 128, 16, 16, 12, 24, 8, 32, 32, 32, 32};
[[nodiscard]] constexpr unsigned width_bits(Field field) {
  return kFieldBits[static_cast<std::size_t>(field)];
}
[[nodiscard]] constexpr U128 full_mask(Field field) {
  return ~U128{0} >> (128 - width_bits(field));
}
[[nodiscard]] const char* name(Field field);  // ovs-fields(7) name: "nw_src", "tp_dst", "vlan_tci"

// `(packet[field] & mask) == value`. Invariant: (value & ~mask) == 0 and mask != 0.
struct FieldTest {
  Field field;
  U128 value;
  U128 mask;

  [[nodiscard]] static FieldTest exactly(Field field, U128 value) { return {field, value, full_mask(field)}; }
  [[nodiscard]] bool matches(U128 actual) const { return (actual & mask) == value; }
  friend auto operator<=>(const FieldTest&, const FieldTest&) = default;
};

// A conjunction: at most one test a field, sorted by field. The empty cube matches every packet.
using Cube = std::vector<FieldTest>;

// Both must hold. Nothing if no packet can satisfy both.
[[nodiscard]] std::optional<Cube> intersect(const Cube& left, const Cube& right);
[[nodiscard]] std::optional<FieldTest> intersect(const FieldTest& left, const FieldTest& right);  // same field

// "dl_type=0x0800,nw_proto=6,tp_dst=80": ovs-ofctl's words, for people and tests.
[[nodiscard]] std::string to_string(const FieldTest& test);
[[nodiscard]] std::string to_string(const Cube& cube);

}  // namespace superspan::net
