// SPDX-License-Identifier: Apache-2.0
// The fabric header: NSH (RFC 8300, MD type 1) behind an Ethernet header of our own, in front of the copied frame.
//
//   outer Ethernet (14 B, EtherType 0x894f) | NSH base (4 B) | service path (4 B) | context (16 B) | original frame
//
// The original frame follows bit for bit (next protocol 3, Ethernet). The context header (RFC 8300 section 2.4):
//   word 1   tap id            which tap saw the packet
//   word 2   epoch             which commit of the fabric classified it
//   word 3   policy bits 31-0  one bit a policy that wants the packet (bit 0 = 0x00000001)
//   word 4   policy bits 63-32
// The bits are numbered inside the namespace that the service path identifier names.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "net/address.h"

namespace superspan::net {

inline constexpr std::uint16_t kEtherTypeNsh = 0x894f;
inline constexpr std::size_t kFabricHeaderBytes = 38;
inline constexpr unsigned kPolicyBits = 64;
inline constexpr std::uint8_t kNshTtl = 63;  // what Open vSwitch writes on encap

struct FabricHeader {
  MacAddress destination;
  MacAddress source;
  std::uint32_t service_path = 0;  // 24 bits
  std::uint8_t service_index = 255;
  std::uint8_t ttl = kNshTtl;  // 6 bits
  std::uint32_t tap = 0;
  std::uint32_t epoch = 0;
  std::uint64_t policies = 0;
  friend bool operator==(const FabricHeader&, const FabricHeader&) = default;
};

struct FabricFrame {
  FabricHeader header;
  base::BytesView original;  // borrowed from the input
};

// Nothing if the bytes are not a fabric frame: short, another EtherType, version, MD type, length or next protocol.
[[nodiscard]] std::optional<FabricFrame> parse_fabric_frame(base::BytesView frame);

// Header and original frame as one frame.
[[nodiscard]] base::Bytes make_fabric_frame(const FabricHeader& header, base::BytesView original);

}  // namespace superspan::net
