// SPDX-License-Identifier: Apache-2.0
// Which bits of a header are which bits of a switch field.
#pragma once

#include <cstdint>

#include "net/field.h"
#include "policy/parse/ast.h"

namespace superspan::policy::lower {

enum class BitKind : std::uint8_t {
  kHidden,  // no field shows it
  kZero,    // always 0, unless the switch cannot read the header
  kType,    // of the frame's type field, which is dl_type only in some frames
  kField,
};

struct HeaderBit {
  BitKind kind = BitKind::kHidden;
  net::Field field = net::Field::kEthType;
  unsigned shift = 0;  // of the field, 0 the lowest; of the type field for kType
};

// Bit 0 is the highest bit of the header's first byte.
[[nodiscard]] HeaderBit header_bit(parse::Protocol header, std::uint64_t bit);

}  // namespace superspan::policy::lower
