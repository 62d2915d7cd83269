// SPDX-License-Identifier: Apache-2.0
// Text to tokens. Linear in the text, no lookups, no recursion.
#pragma once

#include <string_view>
#include <vector>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

enum class TokenKind : std::uint8_t {
  kWord,     // keyword or name
  kEscaped,  // \tcp: a name even if it is a keyword
  kNumber,   // 80, 0x50, 0120
  kDotted,   // 10.1, 10.1.2.3
  kIpv6,     // anything with ':' that is not a MAC address
  kMac,      // 00:11:22:aa:bb:cc, 00-11-22-aa-bb-cc, 0011.22aa.bbcc
  kOpen,
  kClose,
  kNot,  // ! or not
  kAnd,  // && or and
  kOr,   // || or or
  kSlash,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // into the expression; without the backslash of kEscaped
  Span span;
};

// The tokens of `text` with one kEnd behind them. `text` must outlive them.
[[nodiscard]] base::Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace superspan::policy::parse
