// SPDX-License-Identifier: Apache-2.0
// The words of superspan. Each is a word only where tcpdump understands nothing: a plain word in the place of a test,
// with something behind it that cannot stand behind a name. So an expression that tcpdump takes means the same here.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <vector>

#include "base/nearest.h"
#include "policy/parse/keywords.h"
#include "policy/parse/parser_impl.h"

namespace superspan::policy::parse {

using base::Result;

namespace {

// Anything that is written as one word, whatever else it may mean.
bool is_word(TokenKind kind) {
  return kind == TokenKind::kName || kind == TokenKind::kKeyword || kind == TokenKind::kNumber ||
         kind == TokenKind::kDotted || kind == TokenKind::kIpv6 || kind == TokenKind::kMac;
}

// The longest pattern that a regular expression may be; see policy/regex.h for what it may cost.
constexpr std::size_t kPatternBytesMax = 1024;

}  // namespace

bool Parser::own_ahead(std::size_t ahead) const {
  const Token& token = peek(ahead);
  const TokenKind behind = peek(ahead + 1).kind;
  if (token.kind == TokenKind::kNumber) return behind == TokenKind::kFlags;
  if (token.kind != TokenKind::kName || text_[token.span.begin] == '\\') return false;
  if (own_kind_word(token.text)) return is_word(behind) || behind == TokenKind::kOpen;
  if (scope_word(token.text) || token.text == "bidir") return behind == TokenKind::kOpen;
  return token.text == "payload" && behind == TokenKind::kRegex;
}

std::optional<Kind> Parser::own_kind_ahead() const {
  return own_ahead() && peek().kind == TokenKind::kName ? own_kind_word(peek().text) : std::nullopt;
}

Result<NodeId> Parser::own(Qualified& force) {
  if (own_kind_ahead()) return qualified(force);
  force.reset();
  const Token token = next();
  if (token.kind == TokenKind::kNumber) return tcp_flags(token.span.begin);
  if (token.text == "payload") return payload(token.span.begin);
  if (token.text == "bidir") return bidirectional(token.span.begin);
  return scope(*scope_word(token.text), token.span.begin);
}

// '(' expression ')'; `begin` is where the word in front of it stands.
Result<NodeId> Parser::scope(ScopeKind kind, std::size_t begin) {
  const Level level(*this);
  if (const auto status = too_deep(); !status) return std::unexpected(status.error());
  const auto first = add(ScopeBegin{kind}, since(begin));
  if (!first) return first;
  const Span open = next().span;
  Qualified none;
  const auto child = expression(none);
  if (!child) return child;
  if (!accept(TokenKind::kClose)) return expected_close(open);
  return add(Scope{kind, *first, *child}, since(begin));
}

// What stands in the parentheses is read twice, the second time with src and dst exchanged.
Result<NodeId> Parser::bidirectional(std::size_t begin) {
  if (in_bidir_) {
    return error(since(begin), "'bidir' stands in another 'bidir', which covers both directions already",
                 "leave the inner one out");
  }
  in_bidir_ = true;
  const std::size_t open = at_;
  const auto forth = scope(ScopeKind::kHere, begin);
  if (!forth) return forth;
  at_ = open;
  mirrored_ = true;
  const auto back = scope(ScopeKind::kHere, begin);
  mirrored_ = false;
  in_bidir_ = false;
  if (!back) return back;
  return add(Bidirectional{*forth, *back}, since(begin));
}

Result<NodeId> Parser::tcp_flags(std::size_t begin) {
  const Token list = next();
  TcpFlags flags{0, 0};
  std::string_view rest = list.text;
  while (true) {
    const std::size_t end = rest.find(',');
    std::string_view word = rest.substr(0, end);
    const Span here{list.span.end - rest.size(), list.span.end - rest.size() + word.size()};
    const bool absent = word.starts_with('!');
    if (absent) word.remove_prefix(1);
    const auto bit = tcp_flag_word(word);
    if (!bit) {
      return error(here, "'" + std::string(word) + "' is no TCP flag",
                   "write fin, syn, rst, psh, ack, urg, ece or cwr, with '!' in front if it must not be set");
    }
    if ((flags.mask & *bit) != 0) return error(here, "this flag was named before", "name each flag once");
    flags.mask |= *bit;
    if (!absent) flags.value |= *bit;
    if (end == std::string_view::npos) return add(flags, since(begin));
    rest.remove_prefix(end + 1);
  }
}

Result<NodeId> Parser::payload(std::size_t begin) {
  const Token regex = next();
  const std::size_t close = regex.text.rfind('/');
  Payload made{std::string(regex.text.substr(1, close - 1)), std::string(regex.text.substr(close + 1))};
  if (made.pattern.empty())
    return error(regex.span, "the regular expression is empty", "write for example: payload /GET/");
  if (made.pattern.size() > kPatternBytesMax) {
    return fault(
        text_, regex.span,
        fmt::format("the regular expression has {} bytes, at most {} are taken", made.pattern.size(), kPatternBytesMax),
        "write a shorter one, or join several with 'or'", base::ErrorCode::kLimit);
  }
  for (std::size_t at = 0; at < made.flags.size(); ++at) {
    const char flag = made.flags[at];
    if (std::string_view("ims").find(flag) != std::string_view::npos &&
        made.flags.find(flag, at + 1) == std::string::npos) {
      continue;
    }
    return error({regex.span.begin + close + 1, regex.span.end}, "these are no flags of a regular expression",
                 "write i (any case), s (a dot is any byte) and m (lines), each once, or nothing");
  }
  return add(std::move(made), since(begin));
}

// One name or number under `vm`, `dscp` and the like, as it is written; `key=value` under `label`.
Result<NodeId> Parser::own_value(const Qualified& force) {
  const auto raw = [&](const Token& token) {
    const std::size_t begin = token.span.begin + (text_[token.span.begin] == '\\' ? 1 : 0);
    return std::string(text_.substr(begin, token.span.end - begin));
  };
  const auto missing = [&] {
    const std::string word = parse::word(force->kind);
    return error(
        peek().span,
        force->kind == Kind::kLabel ? "a label has a key and a value" : "a name or a number must stand here",
        force->kind == Kind::kLabel ? "write for example: label role=web" : "write for example: " + word + " NAME");
  };
  if (!is_word(peek().kind)) return missing();
  const Token token = next();
  Value value{token.kind == TokenKind::kNumber ? Form::kNumber : Form::kName, raw(token), token.number, {}, ""};
  if (force->kind == Kind::kLabel) {
    if (!accept_symbol("=") || !is_word(peek().kind)) return missing();
    value = {Form::kName, value.text + "=" + raw(next()), 0, {}, ""};
  }
  return add(Address{*force, std::move(value)}, since(token.span.begin));
}

}  // namespace superspan::policy::parse
