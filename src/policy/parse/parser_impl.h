// SPDX-License-Identifier: Apache-2.0
// The parser's parts: parser.cc has tests and values, parser_terms.cc arithmetic, parser_errors.cc what it says.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "policy/parse/lexer.h"
#include "policy/parse/parser.h"

namespace superspan::policy::parse {

using Qualified = std::optional<Qualifier>;   // nothing: no qualifier in force
using Parsed = std::variant<NodeId, TermId>;  // a test, or a number that is not compared yet

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, const Limits& limits)
      : text_(text), tokens_(std::move(tokens)), limits_(limits) {}

  base::Result<Ast> run();

 private:
  // Counts how deep the recursion is.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  // --- tokens ---
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool peek_word(std::string_view text, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kKeyword && peek(ahead).text == text;
  }
  bool peek_symbol(std::string_view text, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kSymbol && peek(ahead).text == text;
  }
  bool accept(TokenKind kind) { return peek().kind == kind ? (next(), true) : false; }
  bool accept_word(std::string_view text) { return peek_word(text) ? (next(), true) : false; }
  bool accept_symbol(std::string_view text) { return peek_symbol(text) ? (next(), true) : false; }
  Span since(std::size_t begin) const { return {begin, at_ == 0 ? begin : tokens_[at_ - 1].span.end}; }

  base::Result<NodeId> add(decltype(Node::body) body, Span span);
  base::Result<TermId> add_term(decltype(Term::body) body, Span span);

  // --- tests; `force` is the qualifier in force and is left as the last operand sets it ---
  base::Result<NodeId> expression(Qualified& force);
  base::Result<NodeId> rest_of_expression(Qualified& force, NodeId first, std::size_t begin);
  base::Result<Parsed> term(Qualified& force);
  base::Result<NodeId> test(Qualified& force);  // a term that is no number
  base::Result<NodeId> as_test(base::Result<Parsed> parsed);
  base::Result<Parsed> parenthesised(Qualified& force);
  base::Result<Parsed> compared(TermId left, std::size_t begin, Qualified& force);
  base::Result<NodeId> primitive(Qualified& force);
  base::Result<NodeId> qualified(Qualified& force);
  bool direction_and_kind(Qualifier& qualifier);
  void direction(Qualifier& qualifier);
  Direction mirrored(Direction direction) const;
  base::Result<NodeId> encapsulation(Wrapping wrapping, Span first);
  base::Result<NodeId> length(bool at_least, Span first);
  base::Result<NodeId> byte_test(Span first);
  base::Result<NodeId> llc(Span first);

  // --- parser_own.cc: the words of superspan ---
  bool own_ahead(std::size_t ahead = 0) const;  // one of them begins a test here
  std::optional<Kind> own_kind_ahead() const;
  base::Result<NodeId> own(Qualified& force);
  base::Result<NodeId> scope(ScopeKind kind, std::size_t begin);
  base::Result<NodeId> bidirectional(std::size_t begin);
  base::Result<NodeId> tcp_flags(std::size_t begin);
  base::Result<NodeId> payload(std::size_t begin);
  base::Result<NodeId> own_value(const Qualified& force);

  // --- values under the qualifier in force ---
  bool value_ahead() const;  // else a test is ahead, or nothing that could be either
  bool number_in_parentheses() const;
  base::Result<NodeId> values(const Qualified& force);
  base::Result<NodeId> values_in_parentheses(const Qualified& force, Span open);
  base::Result<NodeId> address(const Qualified& force);
  base::Result<NodeId> add_value(const Qualified& force, const Token& token, Value value);
  base::Status behind_address(Value& value);
  base::Result<Token> number_token();  // with any number of parentheses around it
  base::Result<Token> plain_number(const char* what);

  // --- arithmetic ---
  bool term_ahead() const;
  base::Result<TermId> arithmetic(int least);
  base::Result<TermId> operand();
  base::Result<TermId> operators(TermId left, std::size_t begin, int least);
  base::Result<TermId> load(Protocol protocol);

  // --- errors ---
  base::Status too_deep() const;
  std::unexpected<base::Error> error(Span span, std::string message, std::string hint) const {
    return fault(text_, span, std::move(message), std::move(hint));
  }
  std::unexpected<base::Error> without_qualifier(const Token& token) const;
  std::unexpected<base::Error> expected_value() const;
  std::unexpected<base::Error> expected_test() const;
  std::unexpected<base::Error> expected_number() const;
  std::unexpected<base::Error> expected_close(Span open) const;
  std::unexpected<base::Error> unexpected_here() const;

  std::string_view text_;
  std::vector<Token> tokens_;
  Limits limits_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool in_bidir_ = false;
  bool mirrored_ = false;  // src means dst
  Ast ast_;
};

}  // namespace superspan::policy::parse
