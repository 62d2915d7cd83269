// SPDX-License-Identifier: Apache-2.0
// Values that take the qualifier in force: `80` and `443` of `tcp dst port 80 or 443`.
#include "policy/parse/keywords.h"
#include "policy/parse/parser_impl.h"
#include "policy/parse/terms.h"

namespace superspan::policy::parse {

using base::Result;

namespace {

bool is_address(TokenKind kind) {
  return kind == TokenKind::kName || kind == TokenKind::kDotted || kind == TokenKind::kIpv6 || kind == TokenKind::kMac;
}

bool is_arithmetic_symbol(const Token& token) {
  return token.kind == TokenKind::kSymbol && token.text != ":" && token.text != "[" && token.text != "]";
}

}  // namespace

// Behind `and` and `or` both a value and a test may stand; the first tokens decide. Numbers are values unless something
// is computed with them: `port 80 or 443` against `port 80 or 443 = len`. A group of values begins with a value, and
// its first value may stand in parentheses only if it is a number; all other groups are groups of tests.
bool Parser::value_ahead() const {
  std::size_t ahead = 0;
  std::size_t open = 0;
  for (;; ++ahead) {
    if (peek(ahead).kind == TokenKind::kNot && open <= 1) {
      open = 0;
    } else if (peek(ahead).kind == TokenKind::kOpen) {
      ++open;
    } else {
      break;
    }
  }
  if (own_ahead(ahead)) return false;
  if (is_address(peek(ahead).kind)) return open <= 1;
  if (peek(ahead).kind != TokenKind::kNumber) return false;
  for (++ahead; open > 0 && peek(ahead).kind == TokenKind::kClose; ++ahead) --open;
  return open <= 1 && !is_arithmetic_symbol(peek(ahead));
}

// One value, or a group of values.
Result<NodeId> Parser::values(const Qualified& force) {
  const Level level(*this);
  if (const auto status = too_deep(); !status) return std::unexpected(status.error());
  const Token token = peek();
  if (accept(TokenKind::kNot)) {
    const auto child = values(force);
    if (!child) return child;
    return add(Not{*child}, since(token.span.begin));
  }
  if (token.kind == TokenKind::kOpen && !number_in_parentheses()) {
    next();
    return values_in_parentheses(force, token.span);
  }
  return address(force);
}

Result<NodeId> Parser::values_in_parentheses(const Qualified& force, Span open) {
  const std::size_t begin = peek().span.begin;
  const TokenKind kind = peek().kind;
  if (kind == TokenKind::kOpen && !number_in_parentheses()) {
    return error(peek().span, "a list of values cannot begin with another list", "remove these parentheses");
  }
  Group group;
  Operator before = Operator::kAnd;
  while (true) {
    const auto node = values(force);
    if (!node) return node;
    group.steps.push_back({before, *node});
    if (peek().kind != TokenKind::kAnd && peek().kind != TokenKind::kOr) break;
    before = next().kind == TokenKind::kAnd ? Operator::kAnd : Operator::kOr;
  }
  if (!accept(TokenKind::kClose)) return expected_close(open);
  if (group.steps.size() == 1) return group.steps.front().operand;
  return add(std::move(group), since(begin));
}

bool Parser::number_in_parentheses() const {
  std::size_t open = 0;
  while (peek(open).kind == TokenKind::kOpen) ++open;
  if (peek(open).kind != TokenKind::kNumber) return false;
  for (std::size_t close = 1; close <= open; ++close) {
    if (peek(open + close).kind != TokenKind::kClose) return false;
  }
  return true;
}

Result<Token> Parser::number_token() {
  const std::size_t begin = at_;
  while (accept(TokenKind::kOpen)) {
  }
  std::size_t open = at_ - begin;
  if (peek().kind != TokenKind::kNumber) return expected_number();
  const Token number = next();
  for (; open > 0; --open) {
    if (!accept(TokenKind::kClose)) return unexpected_here();
  }
  return number;
}

Result<Token> Parser::plain_number(const char* what) {
  if (peek().kind == TokenKind::kNumber) return next();
  return error(peek().span, std::string(what) + " must stand here", "write it without parentheses");
}

Result<NodeId> Parser::address(const Qualified& force) {
  if (force && is_own(force->kind) && peek().kind != TokenKind::kOpen) return own_value(force);
  if (peek().kind == TokenKind::kNumber || peek().kind == TokenKind::kOpen) {
    const std::size_t begin = peek().span.begin;
    const auto number = number_token();
    if (!number) return std::unexpected(number.error());
    if (!force) return without_qualifier(*number);
    return add(Address{*force, Value{Form::kNumber, std::string(number->text), number->number, std::nullopt, ""}},
               since(begin));
  }
  if (!is_address(peek().kind)) return expected_value();
  const Token token = next();
  if (!force) return without_qualifier(token);
  Value value;
  value.text = token.text;
  value.form = token.kind == TokenKind::kDotted ? Form::kDotted
               : token.kind == TokenKind::kIpv6 ? Form::kIpv6
               : token.kind == TokenKind::kMac  ? Form::kMac
                                                : Form::kName;
  if (const auto status = behind_address(value); !status) return std::unexpected(status.error());
  return add(Address{*force, std::move(value)}, since(token.span.begin));
}

// A prefix length, or `mask` and a mask.
base::Status Parser::behind_address(Value& value) {
  const bool dotted = value.form == Form::kDotted;
  if ((dotted || value.form == Form::kIpv6) && accept_symbol("/")) {
    if (peek().kind != TokenKind::kNumber) {
      return error(peek().span, "a prefix length must stand behind '/'", "write it as 10.0.0.0/8");
    }
    value.prefix_length = next().number;
  } else if (dotted && accept_word("mask")) {
    if (peek().kind != TokenKind::kDotted) {
      return error(peek().span, "a dotted mask must stand behind 'mask'", "write it as: net 10.0.0.0 mask 255.0.0.0");
    }
    value.mask = next().text;
  }
  return {};
}

}  // namespace superspan::policy::parse
