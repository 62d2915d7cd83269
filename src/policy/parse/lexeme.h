// SPDX-License-Identifier: Apache-2.0
// The longest piece of text that one word, number or address of pcap-filter takes; ties go to what stands first in
// Shape. Linear in the piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace superspan::policy::parse {

enum class Shape : std::uint8_t {
  kNone,
  kMac,        // 00:11:22:aa:bb:cc (also '-' and '.'), 0011.22aa.bbcc, 001122aabbcc
  kNumber,     // 80, 0x50, 0120
  kDotted,     // 10.1, 10.1.2.3
  kIpv6,       // 2001:db8::1, ::ffff:10.0.0.1
  kBadColons,  // hex bytes with colons that are no address
  kWord,       // letters, digits, '-', '_' and '.', not '-' or '_' at the ends
};

struct Lexeme {
  Shape shape = Shape::kNone;
  std::size_t length = 0;
};

// At the beginning of `text`.
[[nodiscard]] Lexeme longest_lexeme(std::string_view text);

}  // namespace superspan::policy::parse
