// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/lexer.h"

#include <algorithm>
#include <optional>
#include <string>

namespace superspan::policy::parse {
namespace {

// More tokens than any expression of kMaxNodes nodes needs.
constexpr std::size_t kMaxTokens = 4 * kMaxNodes;

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}
bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}
bool is_word(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '.' ||
         byte == ':' || byte == '-';
}

bool is_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return text.size() > 2 && std::ranges::all_of(text.substr(2), is_hex);
  }
  return std::ranges::all_of(text, is_digit);
}

// `count` groups of 1 to `longest` hex digits with `separator` between them.
bool is_hex_groups(std::string_view text, char separator, std::size_t count, std::size_t longest) {
  std::size_t groups = 1;
  std::size_t digits = 0;
  for (const char byte : text) {
    if (byte == separator) {
      if (digits == 0) return false;
      ++groups;
      digits = 0;
    } else if (!is_hex(byte) || ++digits > longest) {
      return false;
    }
  }
  return digits > 0 && groups == count;
}

bool is_mac(std::string_view text) {
  return is_hex_groups(text, ':', 6, 2) || is_hex_groups(text, '-', 6, 2) || is_hex_groups(text, '.', 6, 2);
}

TokenKind classify(std::string_view text) {
  if (text == "and") return TokenKind::kAnd;
  if (text == "or") return TokenKind::kOr;
  if (text == "not") return TokenKind::kNot;
  if (is_number(text)) return TokenKind::kNumber;
  if (is_mac(text)) return TokenKind::kMac;
  if (text.find(':') != std::string_view::npos) return TokenKind::kIpv6;
  if (std::ranges::all_of(text, [](char byte) { return is_digit(byte) || byte == '.'; })) return TokenKind::kDotted;
  if (is_hex_groups(text, '.', 3, 4)) return TokenKind::kMac;
  return TokenKind::kWord;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  base::Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
        continue;
      }
      if (tokens_.size() >= kMaxTokens) {
        return fault(text_, {at_, at_ + 1}, "the expression is too long", "split it into several policies",
                     base::ErrorCode::kLimit);
      }
      if (!symbol() && !word()) return refuse();
    }
    tokens_.push_back({TokenKind::kEnd, {}, {text_.size(), text_.size()}});
    return std::move(tokens_);
  }

 private:
  void push(TokenKind kind, std::size_t length) {
    tokens_.push_back({kind, text_.substr(at_, length), {at_, at_ + length}});
    at_ += length;
  }

  bool symbol() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("&&")) return push(TokenKind::kAnd, 2), true;
    if (rest.starts_with("||")) return push(TokenKind::kOr, 2), true;
    if (rest.starts_with("!=")) return false;
    switch (rest.front()) {
      case '!':
        return push(TokenKind::kNot, 1), true;
      case '(':
        return push(TokenKind::kOpen, 1), true;
      case ')':
        return push(TokenKind::kClose, 1), true;
      case '/':
        return push(TokenKind::kSlash, 1), true;
      default:
        return false;
    }
  }

  std::size_t word_length(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return end - from;
  }

  bool word() {
    const bool escaped = text_[at_] == '\\';
    const std::size_t length = word_length(at_ + (escaped ? 1 : 0));
    if (length == 0 || text_[at_] == '-') return false;
    if (!escaped) return push(classify(text_.substr(at_, length)), length), true;
    tokens_.push_back({TokenKind::kEscaped, text_.substr(at_ + 1, length), {at_, at_ + 1 + length}});
    at_ += 1 + length;
    return true;
  }

  base::Result<std::vector<Token>> refuse() const {
    const Span here{at_, at_ + 1};
    const char byte = text_[at_];
    constexpr const char* kSwitchHint = "write the tests that a switch can do: hosts, nets, ports, protocols, vlan";
    if (std::string_view("+-*%^&|").find(byte) != std::string_view::npos) {
      const char* hint = byte == '&'   ? "write 'and' or '&&' to join two tests"
                         : byte == '|' ? "write 'or' or '||' to join two tests"
                                       : kSwitchHint;
      return fault(text_, here, std::string("'") + byte + "' is arithmetic, which is not understood yet", hint);
    }
    if (std::string_view("[]<>=!").find(byte) != std::string_view::npos) {
      return fault(text_, {at_, at_ + (text_.substr(at_).starts_with("!=") ? 2 : 1)},
                   "tests on bytes and lengths, like tcp[13] & 2 != 0, are not understood yet", kSwitchHint);
    }
    if (byte == ',')
      return fault(text_, here, "a comma joins nothing", "write 'or' between values: tcp port 80 or 443");
    if (byte == '\'' || byte == '"') {
      return fault(text_, here, "quotes are no part of an expression", "write names and addresses without quotes");
    }
    return fault(text_, here, "this character is no part of an expression",
                 "write words, addresses, numbers, parentheses, '!', '&&' and '||'");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

base::Result<std::vector<Token>> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace superspan::policy::parse
