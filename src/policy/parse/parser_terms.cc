// SPDX-License-Identifier: Apache-2.0
// Arithmetic, with the precedences of libpcap's grammar.
#include "policy/parse/keywords.h"
#include "policy/parse/parser_impl.h"
#include "policy/parse/terms.h"

namespace superspan::policy::parse {

using base::Result;

namespace {

constexpr Arithmetic kOperators[] = {
    Arithmetic::kAdd, Arithmetic::kSubtract, Arithmetic::kMultiply, Arithmetic::kDivide, Arithmetic::kModulo,
    Arithmetic::kAnd, Arithmetic::kOr,       Arithmetic::kXor,      Arithmetic::kLeft,   Arithmetic::kRight};

std::optional<Arithmetic> operator_of(const Token& token) {
  if (token.kind != TokenKind::kSymbol) return std::nullopt;
  for (const Arithmetic op : kOperators) {
    if (token.text == word(op)) return op;
  }
  return std::nullopt;
}

}  // namespace

Result<TermId> Parser::add_term(decltype(Term::body) body, Span span) {
  if (ast_.terms.size() >= limits_.nodes) {
    return fault(text_, span, "more than " + std::to_string(limits_.nodes) + " numbers in one expression",
                 "split it into several policies", base::ErrorCode::kLimit);
  }
  ast_.terms.push_back({body, span});
  return TermId{static_cast<std::uint32_t>(ast_.terms.size() - 1)};
}

bool Parser::term_ahead() const {
  if (peek().kind == TokenKind::kNumber || peek_symbol("-") || peek_word("len") || peek_word("length")) return true;
  return peek().kind == TokenKind::kKeyword && protocol_word(peek().text) && peek_symbol("[", 1);
}

// Everything that binds at least as tightly as `least`.
Result<TermId> Parser::arithmetic(int least) {
  const Level level(*this);
  if (const auto status = too_deep(); !status) return std::unexpected(status.error());
  const std::size_t begin = peek().span.begin;
  const auto left = operand();
  return left ? operators(*left, begin, least) : left;
}

Result<TermId> Parser::operators(TermId left, std::size_t begin, int least) {
  while (const auto op = operator_of(peek())) {
    const auto binding = precedence(*op);
    if (binding && *binding < least) break;
    next();
    const auto right = arithmetic(binding ? *binding + 1 : kLowestPrecedence);
    if (!right) return right;
    const auto joined = add_term(Binary{*op, left, *right}, since(begin));
    if (!joined) return joined;
    left = *joined;
  }
  return left;
}

Result<TermId> Parser::operand() {
  const Token token = peek();
  if (accept_symbol("-")) {
    const auto operand = arithmetic(kSignPrecedence);
    return operand ? add_term(Negative{*operand}, since(token.span.begin)) : operand;
  }
  if (accept(TokenKind::kNumber)) return add_term(Number{token.number}, token.span);
  if (accept_word("len") || accept_word("length")) return add_term(FrameLength{}, token.span);
  if (accept(TokenKind::kOpen)) {
    const auto inner = arithmetic(kLowestPrecedence);
    if (!inner || accept(TokenKind::kClose)) return inner;
    return expected_close(token.span);
  }
  if (token.kind == TokenKind::kKeyword && peek_symbol("[", 1)) {
    if (const auto protocol = protocol_word(token.text)) return load(*protocol);
  }
  return expected_number();
}

// protocol '[' index [':' bytes] ']'
Result<TermId> Parser::load(Protocol protocol) {
  const std::size_t begin = next().span.begin;
  const Span open = next().span;
  const auto index = arithmetic(kLowestPrecedence);
  if (!index) return index;
  std::uint32_t bytes = 1;
  if (accept_symbol(":")) {
    const auto size = plain_number("1, 2 or 4");
    if (!size) return std::unexpected(size.error());
    bytes = size->number;
  }
  if (!accept_symbol("]")) {
    return error(open, "this '[' is never closed", "write it as tcp[13], or as ip[2:2] for two bytes");
  }
  return add_term(Load{protocol, *index, bytes}, since(begin));
}

}  // namespace superspan::policy::parse
