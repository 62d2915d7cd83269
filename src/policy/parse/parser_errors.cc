// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "policy/parse/keywords.h"
#include "policy/parse/parser_impl.h"

namespace superspan::policy::parse {

namespace {

std::optional<std::pair<std::string, std::string>> refusal(const Token& token) {
  const RefusedWord* refused = token.kind == TokenKind::kKeyword ? refused_word(token.text) : nullptr;
  if (refused == nullptr) return std::nullopt;
  return std::pair{"'" + std::string(token.text) + "' " + std::string(refused->reason), std::string(refused->hint)};
}

}  // namespace

base::Status Parser::too_deep() const {
  if (depth_ <= kMaxNesting) return {};
  return fault(text_, peek().span, "more than " + std::to_string(kMaxNesting) + " parentheses or 'not' in each other",
               "remove parentheses; 'and' and 'or' group from the left", base::ErrorCode::kLimit);
}

std::unexpected<base::Error> Parser::without_qualifier(const Token& token) const {
  const std::string shown(token.text);
  std::string hint = "write 'host " + shown + "'";
  if (token.kind == TokenKind::kNumber) hint = "write 'port " + shown + "' or 'proto " + shown + "'";
  if (token.kind == TokenKind::kMac) hint = "write 'ether host " + shown + "'";
  if (token.kind == TokenKind::kName) {
    std::string lower = shown;
    std::ranges::transform(lower, lower.begin(), [](unsigned char byte) { return std::tolower(byte); });
    const bool reserved = is_keyword(lower) || named_number(lower);
    hint = reserved ? "words are lower case: write '" + lower + "'" : "write what it is: host, net, port or proto";
  }
  return error(token.span, "'" + shown + "' stands without a qualifier", std::move(hint));
}

std::unexpected<base::Error> Parser::expected_value() const {
  if (const auto refused = refusal(peek())) return error(peek().span, refused->first, refused->second);
  if (peek().kind == TokenKind::kEnd) {
    return error(peek().span, "the expression ends where an address, a number or a name must stand",
                 "write for example 'host 10.0.0.1' or 'tcp port 443'");
  }
  if (peek().kind == TokenKind::kKeyword) {
    const std::string shown(peek().text);
    return error(peek().span,
                 "'" + shown + "' is a word of the language; an address, a number or a name must stand here",
                 "if it is a name, write '\\" + shown + "'");
  }
  return error(peek().span, "an address, a number or a name must stand here",
               "write for example 'host 10.0.0.1' or 'tcp port 443'");
}

std::unexpected<base::Error> Parser::expected_test() const {
  if (const auto refused = refusal(peek())) return error(peek().span, refused->first, refused->second);
  return error(
      peek().span,
      peek().kind == TokenKind::kEnd ? "the expression ends where a test must stand" : "a test must stand here",
      "write for example 'host 10.0.0.1' or 'tcp port 443'");
}

std::unexpected<base::Error> Parser::expected_number() const {
  if (const auto refused = refusal(peek())) return error(peek().span, refused->first, refused->second);
  const bool end = peek().kind == TokenKind::kEnd;
  return error(peek().span, end ? "the expression ends where a number must stand" : "a number must stand here",
               "write a number, 'len', or bytes of a header like 'tcp[13]'");
}

std::unexpected<base::Error> Parser::expected_close(Span open) const {
  if (peek().kind != TokenKind::kEnd) return unexpected_here();
  return error(open, "this '(' is never closed", "write ')' where the group ends");
}

std::unexpected<base::Error> Parser::unexpected_here() const {
  const Token& token = peek();
  if (const auto refused = refusal(token)) return error(token.span, refused->first, refused->second);
  const bool value = token.kind == TokenKind::kNumber || token.kind == TokenKind::kDotted ||
                     token.kind == TokenKind::kIpv6 || token.kind == TokenKind::kMac;
  if (value && at_ > 0 && tokens_[at_ - 1].kind == TokenKind::kKeyword && protocol_word(tokens_[at_ - 1].text)) {
    const std::string shown = std::string(tokens_[at_ - 1].text) + " port " + std::string(token.text);
    return error(
        token.span, "a word like 'host' or 'port' is missing in front of this value",
        token.kind == TokenKind::kNumber ? "write '" + shown + "'" : "write 'host " + std::string(token.text) + "'");
  }
  if (at_ > 0 && peek_symbol("/") && tokens_[at_ - 1].kind == TokenKind::kNumber) {
    return error({tokens_[at_ - 1].span.begin, token.span.end}, "a net with a prefix length needs dots",
                 "write it as 10.0.0.0/8");
  }
  const bool glued = at_ > 0 && tokens_[at_ - 1].span.end == token.span.begin && token.kind != TokenKind::kEnd;
  const TokenKind before = at_ > 0 ? tokens_[at_ - 1].kind : TokenKind::kEnd;
  if (glued && (before == TokenKind::kIpv6 || before == TokenKind::kMac || before == TokenKind::kDotted)) {
    return error({tokens_[at_ - 1].span.begin, token.span.end}, "this is not an address",
                 "write it as 10.1.2.3, 2001:db8::1 or 00:11:22:aa:bb:cc");
  }
  if (token.kind == TokenKind::kSymbol) {
    return error(token.span, "nothing that '" + std::string(token.text) + "' could work on stands in front of it",
                 token.text == "&"   ? "write 'and' or '&&' to join two tests"
                 : token.text == "|" ? "write 'or' or '||' to join two tests"
                                     : "compare and compute with numbers, 'len' and bytes like 'tcp[13]'");
  }
  return error(token.span, "two tests stand next to each other", "write 'and' or 'or' between them");
}

}  // namespace superspan::policy::parse
