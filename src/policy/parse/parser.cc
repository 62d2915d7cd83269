// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/parser.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "policy/parse/keywords.h"
#include "policy/parse/lexer.h"

namespace superspan::policy::parse {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using Qualified = std::optional<Qualifier>;  // nothing: no qualifier in force

// What may stand in a group: tests of any kind, or only addresses (behind a qualifier: `host (a or b)`).
enum class Content { kTests, kAddresses };

bool starts_value(TokenKind kind) {
  return kind == TokenKind::kEscaped || kind == TokenKind::kNumber || kind == TokenKind::kDotted ||
         kind == TokenKind::kIpv6 || kind == TokenKind::kMac;
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<Ast> run() {
    ast_.text = std::string(text_);
    if (peek().kind == TokenKind::kEnd) {
      ast_.nodes.emplace_back().body.emplace<Group>();
      return std::move(ast_);
    }
    Qualified none;
    const auto root = group(none, Content::kTests, 0);
    if (!root) return std::unexpected(root.error());
    if (peek().kind == TokenKind::kClose) {
      return fault(text_, peek().span, "this ')' closes nothing", "remove it, or write '(' in front");
    }
    if (peek().kind != TokenKind::kEnd) return unexpected_here();
    return std::move(ast_);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool peek_word(std::string_view text, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kWord && peek(ahead).text == text;
  }
  bool accept(TokenKind kind) { return peek().kind == kind ? (next(), true) : false; }
  bool accept_word(std::string_view text) { return peek_word(text) ? (next(), true) : false; }
  Span since(std::size_t begin) const { return {begin, at_ == 0 ? begin : tokens_[at_ - 1].span.end}; }

  template <typename Body>
  Result<NodeId> add(Body body, Span span) {
    if (ast_.nodes.size() >= kMaxNodes) {
      return fault(text_, span, "more than " + std::to_string(kMaxNodes) + " tests in one expression",
                   "split it into several policies, or write nets and port ranges", ErrorCode::kLimit);
    }
    Node& node = ast_.nodes.emplace_back();
    node.body.emplace<Body>(std::move(body));
    node.span = span;
    return static_cast<NodeId>(ast_.nodes.size() - 1);
  }

  // operand (and|or operand)*. `force` is the qualifier in force, and is left as the last operand sets it.
  Result<NodeId> group(Qualified& force, Content content, std::size_t depth) {
    const std::size_t begin = peek().span.begin;
    Group group;
    Operator before = Operator::kAnd;
    while (true) {
      const auto node = operand(force, content, depth);
      if (!node) return node;
      group.steps.push_back({before, *node});
      if (peek().kind != TokenKind::kAnd && peek().kind != TokenKind::kOr) break;
      before = next().kind == TokenKind::kAnd ? Operator::kAnd : Operator::kOr;
    }
    if (group.steps.size() == 1) return group.steps.front().operand;
    return add(std::move(group), since(begin));
  }

  Result<NodeId> operand(Qualified& force, Content content, std::size_t depth) {
    const Token token = peek();
    if (depth >= kMaxNesting) {
      return fault(text_, token.span,
                   "more than " + std::to_string(kMaxNesting) + " parentheses or 'not' in each other",
                   "remove parentheses; 'and' and 'or' group from the left", ErrorCode::kLimit);
    }
    if (accept(TokenKind::kNot)) {
      const auto child = operand(force, content, depth + 1);
      if (!child) return child;
      return add(Not{*child}, since(token.span.begin));
    }
    if (accept(TokenKind::kOpen)) return parenthesised(force, content, depth, token);
    if (starts_value(token.kind) || is_name(token)) return address(force);
    if (content == Content::kTests) return test(force, depth);
    const bool wants_protocol = force && force->kind == Kind::kProtocol;
    if (wants_protocol && token.kind == TokenKind::kWord && protocol_word(token.text)) return protocol_name(*force);
    return expected_value();
  }

  Result<NodeId> parenthesised(const Qualified& force, Content content, std::size_t depth, const Token& open) {
    Qualified inner = force;
    const auto node = group(inner, content, depth + 1);
    if (!node) return node;
    if (accept(TokenKind::kClose)) return node;
    if (peek().kind == TokenKind::kEnd) {
      return fault(text_, open.span, "this '(' is never closed", "write ')' where the group ends");
    }
    return unexpected_here();
  }

  // Anything that begins with a keyword.
  Result<NodeId> test(Qualified& force, std::size_t depth) {
    const Token token = peek();
    if (token.kind != TokenKind::kWord) return expected_test();
    if (const LaterWord* later = later_word(token.text)) {
      return fault(text_, token.span, "'" + std::string(token.text) + "' is not understood yet",
                   std::string(later->hint));
    }
    if (accept_word("vlan")) return vlan(force, token.span);
    Qualifier qualifier;
    if (const auto protocol = protocol_word(token.text)) {
      next();
      qualifier.protocol = *protocol;
    }
    if (peek_word("broadcast") || peek_word("multicast")) return cast(force, qualifier.protocol, token.span);
    if (!direction_and_kind(qualifier)) {
      if (qualifier.protocol == Protocol::kNone) return expected_test();
      return abbreviation(force, qualifier.protocol, token.span);
    }
    qualifier.span = since(token.span.begin);
    force = qualifier;
    return operand(force, Content::kAddresses, depth + 1);
  }

  // [src|dst|src or dst|src and dst] [host|net|port|portrange|proto]; false if neither is there.
  bool direction_and_kind(Qualifier& qualifier) {
    const bool directed = peek_word("src") || peek_word("dst");
    if (directed) direction(qualifier);
    const auto kind = peek().kind == TokenKind::kWord ? kind_word(peek().text) : std::nullopt;
    if (!kind || (directed && *kind == Kind::kProtocol)) return directed;
    next();
    qualifier.kind = *kind;
    return true;
  }

  void direction(Qualifier& qualifier) {
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

  Result<NodeId> abbreviation(Qualified& force, Protocol protocol, Span span) {
    if (protocol == Protocol::kEther) {
      return fault(text_, span, "'ether' alone says nothing", "write 'ether host MAC', 'ether proto N' or 'multicast'");
    }
    if (const LaterWord* later = peek().kind == TokenKind::kWord ? later_word(peek().text) : nullptr) {
      return fault(text_, peek().span, "'" + std::string(later->word) + "' is not understood yet",
                   std::string(later->hint));
    }
    force.reset();
    return add(Abbreviation{protocol}, span);
  }

  Result<NodeId> cast(Qualified& force, Protocol protocol, Span first) {
    const bool broadcast = next().text == "broadcast";
    force.reset();
    if (broadcast) return add(Broadcast{protocol}, since(first.begin));
    return add(Multicast{protocol}, since(first.begin));
  }

  Result<NodeId> vlan(Qualified& force, Span first) {
    force.reset();
    std::size_t opened = 0;
    while (peek(opened).kind == TokenKind::kOpen) ++opened;
    if (peek(opened).kind != TokenKind::kNumber) return add(Vlan{}, first);
    for (std::size_t at = 0; at < opened; ++at) next();
    Vlan vlan{std::string(next().text)};
    for (std::size_t at = 0; at < opened; ++at) {
      if (!accept(TokenKind::kClose)) return unexpected_here();
    }
    return add(std::move(vlan), since(first.begin));
  }

  static bool is_name(const Token& token) {
    return token.kind == TokenKind::kEscaped || (token.kind == TokenKind::kWord && !is_keyword(token.text));
  }

  // A value under the qualifier in force.
  Result<NodeId> address(const Qualified& force) {
    const Token token = next();
    if (!force) return without_qualifier(token);
    Value value{form(token.kind), std::string(token.text), {}, {}, token.span};
    if (accept(TokenKind::kSlash)) {
      if (peek().kind != TokenKind::kNumber) {
        return fault(text_, peek().span, "a prefix length must stand behind '/'", "write it as 10.0.0.0/8");
      }
      value.prefix_length = next().text;
    } else if (accept_word("mask")) {
      if (peek().kind != TokenKind::kDotted) {
        return fault(text_, peek().span, "a dotted mask must stand behind 'mask'",
                     "write it as: net 10.0.0.0 mask 255.0.0.0");
      }
      value.mask = next().text;
    }
    const Span span = since(token.span.begin);
    value.span = span;
    return add(Address{*force, std::move(value)}, span);
  }

  // `ip proto tcp`: behind proto a protocol's keyword needs no backslash here, although libpcap wants one.
  Result<NodeId> protocol_name(const Qualifier& qualifier) {
    const Token token = next();
    return add(Address{qualifier, Value{Form::kName, std::string(token.text), {}, {}, token.span}}, token.span);
  }

  static Form form(TokenKind kind) {
    switch (kind) {
      case TokenKind::kNumber:
        return Form::kNumber;
      case TokenKind::kDotted:
        return Form::kDotted;
      case TokenKind::kIpv6:
        return Form::kIpv6;
      case TokenKind::kMac:
        return Form::kMac;
      default:
        return Form::kName;
    }
  }

  std::unexpected<Error> without_qualifier(const Token& token) const {
    const std::string shown(token.text);
    std::string hint = "write 'host " + shown + "'";
    if (token.kind == TokenKind::kNumber) hint = "write 'port " + shown + "' or 'proto " + shown + "'";
    if (token.kind == TokenKind::kMac) hint = "write 'ether host " + shown + "'";
    if (token.kind == TokenKind::kWord) {
      std::string lower = shown;
      std::ranges::transform(lower, lower.begin(), [](unsigned char byte) { return std::tolower(byte); });
      const bool reserved = is_keyword(lower) || lower == "and" || lower == "or" || lower == "not";
      hint = reserved ? "words are lower case: write '" + lower + "'" : "write what it is: host, net, port or proto";
    }
    return fault(text_, token.span, "'" + shown + "' stands without a qualifier", std::move(hint));
  }

  std::unexpected<Error> expected_value() const {
    if (peek().kind == TokenKind::kEnd) {
      return fault(text_, peek().span, "the expression ends where an address, a number or a name must stand",
                   "write for example 'host 10.0.0.1' or 'tcp port 443'");
    }
    return fault(text_, peek().span, "an address, a number or a name must stand here",
                 "write for example 'host 10.0.0.1'; a name that is also a keyword needs a backslash");
  }

  std::unexpected<Error> expected_test() const {
    if (peek().kind == TokenKind::kEnd) {
      return fault(text_, peek().span, "the expression ends where a test must stand",
                   "write for example 'host 10.0.0.1' or 'tcp port 443'");
    }
    return fault(text_, peek().span, "a test must stand here", "write for example 'host 10.0.0.1' or 'tcp port 443'");
  }

  std::unexpected<Error> unexpected_here() const {
    const Token& token = peek();
    if (starts_value(token.kind) && at_ > 0 && protocol_word(tokens_[at_ - 1].text)) {
      const std::string shown = std::string(tokens_[at_ - 1].text) + " port " + std::string(token.text);
      return fault(
          text_, token.span, "a word like 'host' or 'port' is missing in front of this value",
          token.kind == TokenKind::kNumber ? "write '" + shown + "'" : "write 'host " + std::string(token.text) + "'");
    }
    return fault(text_, token.span, "two tests stand next to each other", "write 'and' or 'or' between them");
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Ast ast_;
};

}  // namespace

Result<Ast> parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return base::fail(ErrorCode::kLimit,
                      "the expression has " + std::to_string(text.size()) + " bytes, at most " +
                          std::to_string(kMaxTextBytes) + " are read",
                      "split it into several policies", "expression");
  }
  auto tokens = tokenize(text);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(text, std::move(*tokens)).run();
}

}  // namespace superspan::policy::parse
