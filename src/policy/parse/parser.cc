// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/parser.h"

#include "policy/parse/keywords.h"
#include "policy/parse/parser_impl.h"
#include "policy/parse/terms.h"

namespace superspan::policy::parse {

using base::ErrorCode;
using base::Result;

Result<Ast> Parser::run() {
  ast_.text = std::string(text_);
  if (peek().kind == TokenKind::kEnd) {
    ast_.nodes.emplace_back().body.emplace<Group>();
    return std::move(ast_);
  }
  Qualified none;
  const auto root = expression(none);
  if (!root) return std::unexpected(root.error());
  if (peek().kind == TokenKind::kClose) {
    return error(peek().span, "this ')' closes nothing", "remove it, or write '(' in front");
  }
  if (peek().kind != TokenKind::kEnd) return unexpected_here();
  return std::move(ast_);
}

Result<NodeId> Parser::add(decltype(Node::body) body, Span span) {
  if (ast_.nodes.size() >= limits_.nodes) {
    return fault(text_, span, "more than " + std::to_string(limits_.nodes) + " tests in one expression",
                 "split it into several policies, or write nets and port ranges", ErrorCode::kLimit);
  }
  ast_.nodes.push_back({std::move(body), span});
  return static_cast<NodeId>(ast_.nodes.size() - 1);
}

// --- tests ---

// test {and|or (test | value)}
Result<NodeId> Parser::expression(Qualified& force) {
  const std::size_t begin = peek().span.begin;
  const auto first = test(force);
  return first ? rest_of_expression(force, *first, begin) : first;
}

Result<NodeId> Parser::rest_of_expression(Qualified& force, NodeId first, std::size_t begin) {
  Group group{{{Operator::kAnd, first}}};
  while (peek().kind == TokenKind::kAnd || peek().kind == TokenKind::kOr) {
    const Operator joined = next().kind == TokenKind::kAnd ? Operator::kAnd : Operator::kOr;
    const auto node = value_ahead() ? values(force) : test(force);
    if (!node) return node;
    group.steps.push_back({joined, *node});
  }
  if (group.steps.size() == 1) return first;
  return add(std::move(group), since(begin));
}

Result<NodeId> Parser::as_test(Result<Parsed> parsed) {
  if (!parsed) return std::unexpected(parsed.error());
  if (const auto* node = std::get_if<NodeId>(&*parsed)) return *node;
  const Term& term = ast_.term(std::get<TermId>(*parsed));
  const bool lone = std::holds_alternative<Number>(term.body);
  if (lone && (peek().kind == TokenKind::kEnd || peek().kind == TokenKind::kAnd || peek().kind == TokenKind::kOr ||
               peek().kind == TokenKind::kClose)) {
    const std::string shown(text_.substr(term.span.begin, term.span.end - term.span.begin));
    return error(term.span, "'" + shown + "' stands without a qualifier",
                 "write 'port " + shown + "' or 'proto " + shown + "'");
  }
  return error(peek().span, "a comparison must stand behind a number",
               "write '=', '!=', '<', '<=', '>' or '>=' and another number");
}

Result<NodeId> Parser::test(Qualified& force) {
  return as_test(term(force));
}

Result<Parsed> Parser::term(Qualified& force) {
  const Level level(*this);
  if (const auto status = too_deep(); !status) return std::unexpected(status.error());
  const Span first = peek().span;
  if (accept(TokenKind::kNot)) {
    const auto child = test(force);
    if (!child) return std::unexpected(child.error());
    return add(Not{*child}, since(first.begin));
  }
  if (peek().kind == TokenKind::kOpen) return parenthesised(force);
  if (own_ahead()) return own(force);
  if (!term_ahead()) return primitive(force);
  const auto left = arithmetic(kLowestPrecedence);
  if (!left) return std::unexpected(left.error());
  return compared(*left, first.begin, force);
}

// A group of tests, or a number that a comparison may follow.
Result<Parsed> Parser::parenthesised(Qualified& force) {
  const Span open = next().span;
  Qualified inner = force;
  const std::size_t begin = peek().span.begin;
  const auto first = term(inner);
  if (!first) return first;
  if (const auto* number = std::get_if<TermId>(&*first); number != nullptr && peek().kind == TokenKind::kClose) {
    next();
    const auto left = operators(*number, open.begin, kLowestPrecedence);
    if (!left) return std::unexpected(left.error());
    return compared(*left, open.begin, force);
  }
  const auto node = as_test(first);
  if (!node) return std::unexpected(node.error());
  const auto group = rest_of_expression(inner, *node, begin);
  if (!group) return std::unexpected(group.error());
  if (!accept(TokenKind::kClose)) return expected_close(open);
  return *group;
}

// `left` alone if no comparison follows.
Result<Parsed> Parser::compared(TermId left, std::size_t begin, Qualified& force) {
  for (const Relation relation : {Relation::kEqual, Relation::kNotEqual, Relation::kGreater, Relation::kGreaterOrEqual,
                                  Relation::kLess, Relation::kLessOrEqual}) {
    if (!accept_symbol(word(relation))) continue;
    const auto right = arithmetic(kLowestPrecedence);
    if (!right) return std::unexpected(right.error());
    force.reset();
    return add(Comparison{relation, left, *right}, since(begin));
  }
  return left;
}

// Anything that begins with a keyword.
Result<NodeId> Parser::primitive(Qualified& force) {
  const Token token = peek();
  if (token.kind == TokenKind::kName || token.kind == TokenKind::kDotted || token.kind == TokenKind::kIpv6 ||
      token.kind == TokenKind::kMac) {
    return without_qualifier(token);
  }
  if (token.kind != TokenKind::kKeyword || refused_word(token.text) != nullptr) return expected_test();
  force.reset();
  if (const auto wrapping = wrapping_word(token.text)) {
    next();
    return encapsulation(*wrapping, token.span);
  }
  if (accept_word("less")) return length(/*at_least=*/false, token.span);
  if (accept_word("greater")) return length(/*at_least=*/true, token.span);
  if (accept_word("byte")) return byte_test(token.span);
  if (accept_word("llc")) return llc(token.span);
  return qualified(force);
}

// [protocol] and what may stand behind it.
Result<NodeId> Parser::qualified(Qualified& force) {
  const Token first = peek();
  Qualifier qualifier;
  if (const auto protocol = protocol_word(first.text)) {
    next();
    qualifier.protocol = *protocol;
  }
  if (accept_word("broadcast")) return add(Broadcast{qualifier.protocol}, since(first.span.begin));
  if (accept_word("multicast")) return add(Multicast{qualifier.protocol}, since(first.span.begin));
  if (direction_and_kind(qualifier)) {
    qualifier.span = since(first.span.begin);
    qualifier.direction = mirrored(qualifier.direction);
    force = qualifier;
    return values(force);
  }
  if (qualifier.protocol == Protocol::kNone || (peek().kind == TokenKind::kKeyword && refused_word(peek().text))) {
    return expected_test();
  }
  if (qualifier.protocol == Protocol::kEther) {
    return error(first.span, "'" + std::string(first.text) + "' alone says nothing",
                 "write 'ether host MAC', 'ether proto N' or 'multicast'");
  }
  return add(Abbreviation{qualifier.protocol}, first.span);
}

// [src|dst|src or dst|src and dst] [host|net|port|portrange] or proto, protochain, gateway; false if nothing is there.
bool Parser::direction_and_kind(Qualifier& qualifier) {
  const bool directed = peek_word("src") || peek_word("dst");
  if (directed) direction(qualifier);
  const auto kind = peek().kind == TokenKind::kKeyword ? kind_word(peek().text) : own_kind_ahead();
  if (!kind || (directed && !has_direction(*kind))) return directed;
  next();
  qualifier.kind = *kind;
  return true;
}

void Parser::direction(Qualifier& qualifier) {
  const bool source = next().text == "src";
  qualifier.direction = source ? Direction::kSource : Direction::kDestination;
  if (!peek_word(source ? "dst" : "src", 1)) return;
  if (accept(TokenKind::kAnd)) {
    qualifier.direction = Direction::kSourceAndDestination;
    next();
  } else if (accept(TokenKind::kOr)) {
    qualifier.direction = Direction::kSourceOrDestination;
    next();
  }
}

Direction Parser::mirrored(Direction direction) const {
  if (!mirrored_) return direction;
  if (direction == Direction::kSource) return Direction::kDestination;
  return direction == Direction::kDestination ? Direction::kSource : direction;
}

Result<NodeId> Parser::encapsulation(Wrapping wrapping, Span first) {
  Encapsulation test{wrapping, std::nullopt};
  const bool numbered = peek().kind == TokenKind::kNumber || peek().kind == TokenKind::kOpen;
  if (numbered && wrapping != Wrapping::kPppoeDiscovery) {
    const auto number = number_token();
    if (!number) return std::unexpected(number.error());
    test.number = number->number;
  }
  return add(test, since(first.begin));
}

Result<NodeId> Parser::length(bool at_least, Span first) {
  const auto bytes = plain_number("a number of bytes");
  if (!bytes) return std::unexpected(bytes.error());
  return add(Length{at_least, bytes->number}, since(first.begin));
}

Result<NodeId> Parser::byte_test(Span first) {
  const auto index = plain_number("the number of a byte");
  if (!index) return std::unexpected(index.error());
  for (const char relation : {'=', '<', '>', '&', '|'}) {
    if (!accept_symbol(std::string_view(&relation, 1))) continue;
    const auto value = plain_number("a number");
    if (!value) return std::unexpected(value.error());
    return add(ByteTest{index->number, static_cast<ByteRelation>(relation), value->number}, since(first.begin));
  }
  return error(peek().span, "'=', '<', '>', '&' or '|' must stand here", "write for example 'byte 12 = 8'");
}

Result<NodeId> Parser::llc(Span first) {
  Llc llc;
  const bool not_ready = peek_word("rnr") || peek_word("rulenum");
  if (not_ready || peek().kind == TokenKind::kName) llc.type = not_ready ? "rnr" : std::string(peek().text);
  if (!llc.type.empty()) next();
  return add(std::move(llc), since(first.begin));
}

Result<Ast> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.text_bytes) {
    return base::fail(ErrorCode::kLimit,
                      "the expression has " + std::to_string(text.size()) + " bytes, at most " +
                          std::to_string(limits.text_bytes) + " are read",
                      "split it into several policies", "expression");
  }
  auto tokens = tokenize(text, limits);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(text, std::move(*tokens), limits).run();
}

}  // namespace superspan::policy::parse
