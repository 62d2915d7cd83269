// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/lexer.h"

#include <charconv>
#include <string>

#include "policy/parse/keywords.h"
#include "policy/parse/lexeme.h"

namespace superspan::policy::parse {
namespace {

// More tokens than any expression needs, for each of its nodes.
constexpr std::size_t kTokensOfNode = 8;

constexpr std::string_view kSymbols[] = {"&&", "||", ">=", "<=", "!=", "==", "<<", ">>", "+", "-", "*", "/", "%",
                                         ":",  "[",  "]",  "!",  "<",  ">",  "(",  ")",  "&", "|", "^", "="};

bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

TokenKind kind_of_symbol(std::string_view symbol) {
  if (symbol == "(") return TokenKind::kOpen;
  if (symbol == ")") return TokenKind::kClose;
  if (symbol == "!") return TokenKind::kNot;
  if (symbol == "&&") return TokenKind::kAnd;
  if (symbol == "||") return TokenKind::kOr;
  return TokenKind::kSymbol;
}

TokenKind kind_of_word(std::string_view word) {
  if (word == "not") return TokenKind::kNot;
  if (word == "and") return TokenKind::kAnd;
  if (word == "or") return TokenKind::kOr;
  if (named_number(word)) return TokenKind::kNumber;
  return is_keyword(word) ? TokenKind::kKeyword : TokenKind::kName;
}

class Lexer {
 public:
  Lexer(std::string_view text, std::size_t most) : text_(text), most_(most) {}

  base::Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
        continue;
      }
      if (tokens_.size() >= most_) {
        return fault(text_, {at_, at_ + 1}, "the expression is too long", "split it into several policies",
                     base::ErrorCode::kLimit);
      }
      if (const auto status = token(); !status) return std::unexpected(status.error());
    }
    tokens_.push_back({TokenKind::kEnd, {}, 0, {text_.size(), text_.size()}});
    return std::move(tokens_);
  }

 private:
  base::Status token() {
    if (text_[at_] == '\\') return escaped();
    const Lexeme lexeme = longest_lexeme(text_.substr(at_));
    switch (lexeme.shape) {
      case Shape::kNone:
        return symbol();
      case Shape::kMac:
        return push(TokenKind::kMac, lexeme.length);
      case Shape::kNumber:
        return number(lexeme.length);
      case Shape::kDotted:
        return push(TokenKind::kDotted, lexeme.length);
      case Shape::kIpv6:
        return push(TokenKind::kIpv6, lexeme.length);
      case Shape::kBadColons:
        return fault(text_, {at_, at_ + lexeme.length}, "these bytes with colons are no address",
                     "a MAC address has six bytes: 00:11:22:aa:bb:cc; a short IPv6 address has '::'");
      case Shape::kWord:
        break;
    }
    return word(lexeme.length);
  }

  base::Status push(TokenKind kind, std::size_t length, std::uint32_t number = 0) {
    tokens_.push_back({kind, text_.substr(at_, length), number, {at_, at_ + length}});
    at_ += length;
    return {};
  }

  base::Status word(std::size_t length) {
    const std::string_view word = text_.substr(at_, length);
    if (const auto status = push(kind_of_word(word), length, named_number(word).value_or(0)); !status) return status;
    if (word == "payload") return regex();
    return word == "tcpflags" ? flags() : base::Status{};
  }

  std::size_t behind_spaces() const {
    std::size_t at = at_;
    while (at < text_.size() && is_space(text_[at])) ++at;
    return at;
  }

  // What stands behind the word `payload`, if it is a regular expression.
  base::Status regex() {
    const std::size_t begin = behind_spaces();
    if (begin >= text_.size() || text_[begin] != '/') return {};
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != '/') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) {
      return fault(text_, {begin, begin + 1}, "this '/' is never closed", "write for example: payload /GET/");
    }
    ++end;
    while (end < text_.size() && text_[end] >= 'a' && text_[end] <= 'z') ++end;
    at_ = begin;
    return push(TokenKind::kRegex, end - begin);
  }

  // What stands behind the word `tcpflags`, if it begins with a flag.
  base::Status flags() {
    const std::size_t begin = behind_spaces();
    const auto is_part = [](char byte) { return (byte >= 'a' && byte <= 'z') || byte == '!' || byte == ','; };
    std::size_t end = begin;
    while (end < text_.size() && is_part(text_[end])) ++end;
    std::string_view first = text_.substr(begin, end - begin);
    first = first.substr(0, first.find(','));
    if (first.starts_with('!')) first.remove_prefix(1);
    if (!tcp_flag_word(first)) return {};
    at_ = begin;
    return push(TokenKind::kFlags, end - begin);
  }

  base::Status symbol() {
    for (const std::string_view symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      const auto status = push(kind_of_symbol(symbol), symbol.size());
      if (symbol == "==") tokens_.back().text.remove_suffix(1);
      return status;
    }
    return refuse();
  }

  // A backslash and everything up to a space, '!' or a parenthesis.
  base::Status escaped() {
    constexpr std::string_view kEnds(" !()\n\t\0", 7);
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    while (end < text_.size() && kEnds.find(text_[end]) == std::string_view::npos) ++end;
    if (end == begin + 1) return refuse();
    tokens_.push_back({TokenKind::kName, text_.substr(begin + 1, end - begin - 1), 0, {begin, end}});
    at_ = end;
    return {};
  }

  base::Status number(std::size_t length) {
    const std::string_view text = text_.substr(at_, length);
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const int base = hex ? 16 : text.front() == '0' ? 8 : 10;
    const std::string_view digits = hex ? text.substr(2) : text;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error == std::errc::result_out_of_range) {
      return fault(text_, {at_, at_ + length}, "this number does not fit in 32 bits",
                   "numbers reach from 0 to 4294967295");
    }
    if (error != std::errc{} || end != digits.data() + digits.size()) {
      return fault(text_, {at_, at_ + length}, "a number that begins with 0 is octal and has no digits 8 and 9",
                   "leave the leading 0 out");
    }
    return push(TokenKind::kNumber, length, value);
  }

  std::unexpected<base::Error> refuse() const {
    const Span here{at_, at_ + 1};
    switch (text_[at_]) {
      case ',':
        return fault(text_, here, "a comma joins nothing", "write 'or' between values: tcp port 80 or 443");
      case '\'':
      case '"':
        return fault(text_, here, "quotes are no part of an expression", "write names and addresses without quotes");
      case '$':
        return fault(text_, here, "'$' begins an ARCnet address, which Ethernet has not", "write 'ether host MAC'");
      case '\\':
        return fault(text_, here, "a name must stand behind the backslash", "write for example 'ip proto \\tcp'");
      default:
        return fault(text_, here, "this character is no part of an expression",
                     "write words, addresses, numbers, parentheses, '!', '&&', '||' and comparisons");
    }
  }

  std::string_view text_;
  std::size_t most_;  // tokens
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

base::Result<std::vector<Token>> tokenize(std::string_view text, const Limits& limits) {
  return Lexer(text, kTokensOfNode * limits.nodes).run();
}

}  // namespace superspan::policy::parse
