// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/header_bits.h"

#include <span>

namespace superspan::policy::lower {
namespace {

using net::Field;
using parse::Protocol;

// Bits [first, first + width) of a header are bits [shift, shift + width) of a field.
struct Piece {
  unsigned first;
  unsigned width;
  Field field;
  unsigned shift = 0;
  BitKind kind = BitKind::kField;
};

constexpr Piece kEther[] = {
    {0, 48, Field::kEthDestination}, {48, 48, Field::kEthSource}, {96, 16, Field::kEthType, 0, BitKind::kType}};
constexpr Piece kIp[] = {{8, 6, Field::kIpDscp},   {14, 2, Field::kIpEcn},       {64, 8, Field::kIpTtl},
                         {72, 8, Field::kIpProto}, {96, 32, Field::kIpv4Source}, {128, 32, Field::kIpv4Destination}};
constexpr Piece kIp6[] = {{4, 6, Field::kIpDscp},
                          {10, 2, Field::kIpEcn},
                          {56, 8, Field::kIpTtl},
                          {64, 128, Field::kIpv6Source},
                          {192, 128, Field::kIpv6Destination}};
constexpr Piece kArp[] = {{48, 8, Field::kIpProto, 0, BitKind::kZero},
                          {56, 8, Field::kIpProto},
                          {112, 32, Field::kArpSource},
                          {192, 32, Field::kArpTarget}};
constexpr Piece kPorts[] = {{0, 16, Field::kL4Source}, {16, 16, Field::kL4Destination}};
constexpr Piece kTcp[] = {{0, 16, Field::kL4Source}, {16, 16, Field::kL4Destination}, {100, 12, Field::kTcpFlags}};
constexpr Piece kIcmp[] = {{0, 8, Field::kL4Source}, {8, 8, Field::kL4Destination}};

std::span<const Piece> pieces(Protocol header) {
  switch (header) {
    case Protocol::kEther:
      return kEther;
    case Protocol::kIp:
      return kIp;
    case Protocol::kIp6:
      return kIp6;
    case Protocol::kArp:
    case Protocol::kRarp:
      return kArp;
    case Protocol::kTcp:
      return kTcp;
    case Protocol::kUdp:
    case Protocol::kSctp:
      return kPorts;
    case Protocol::kIcmp:
    case Protocol::kIcmp6:
      return kIcmp;
    default:
      return {};
  }
}

}  // namespace

HeaderBit header_bit(Protocol header, std::uint64_t bit) {
  for (const Piece& piece : pieces(header)) {
    if (bit < piece.first || bit >= piece.first + piece.width) continue;
    const auto from_top = static_cast<unsigned>(bit - piece.first);
    return {piece.kind, piece.field, piece.shift + piece.width - 1 - from_top};
  }
  return {};
}

}  // namespace superspan::policy::lower
