// SPDX-License-Identifier: Apache-2.0
// Text to tokens, cut where libpcap's scanner cuts it: the longest word, number or address wins. Linear in the text, no
// lookups, no recursion.
#pragma once

#include <string_view>
#include <vector>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

enum class TokenKind : std::uint8_t {
  kKeyword,
  kName,    // anything else that is made of letters, and everything behind a backslash
  kNumber,  // 80, 0x50, 0120, tcp-syn
  kDotted,  // 10.1, 10.1.2.3
  kIpv6,
  kMac,
  kSymbol,  // one of + - * / % & | ^ << >> = != < <= > >= [ ] :
  kOpen,
  kClose,
  kNot,    // ! or not
  kAnd,    // && or and
  kOr,     // || or or
  kRegex,  // /GET \/index/i behind `payload`
  kFlags,  // syn,!ack behind `tcpflags`
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;     // into the expression; without the backslash of an escaped name; `==` is `=`
  std::uint32_t number = 0;  // of kNumber
  Span span;
};

// The tokens of `text` with one kEnd behind them. `text` must outlive them.
[[nodiscard]] base::Result<std::vector<Token>> tokenize(std::string_view text, const Limits& limits = {});

}  // namespace superspan::policy::parse
