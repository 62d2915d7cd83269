// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/ast.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/parse/terms.h"

namespace superspan::policy::parse {
namespace {

constexpr std::array kProtocolWords = {
    "",     "ether", "ip",   "ip6", "arp", "rarp",  "tcp",  "udp",    "sctp", "icmp", "icmp6", "igmp",  "igrp",
    "pim",  "vrrp",  "carp", "ah",  "esp", "atalk", "aarp", "decnet", "lat",  "sca",  "moprc", "mopdl", "iso",
    "esis", "isis",  "clnp", "l1",  "l2",  "iih",   "lsp",  "snp",    "csnp", "psnp", "stp",   "ipx",   "netbeui"};
constexpr std::array kKindWords = {"host",    "host", "net",        "port",   "portrange", "proto",  "protochain",
                                   "gateway", "vm",   "hypervisor", "device", "profile",   "tenant", "app",
                                   "label",   "tap",  "qos",        "dscp",   "ecn",       "vni"};
constexpr std::array kScopeWords = {"inner", "outer", "anytag", ""};
constexpr std::array kTcpFlagWords = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
constexpr std::array kWrappingWords = {"vlan", "mpls", "pppoed", "pppoes", "geneve"};
constexpr std::array kArithmeticWords = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"};
constexpr std::array kRelationWords = {"=", "!=", ">", ">=", "<", "<="};

template <typename Words, typename Index>
const char* at(const Words& words, Index index) {
  return words.at(static_cast<std::size_t>(index));
}

std::string describe(const Qualifier& qualifier) {
  std::string text = word(qualifier.protocol);
  if (!text.empty()) text += ' ';
  if (!has_direction(qualifier.kind)) return text + word(qualifier.kind);
  return text + word(qualifier.direction) + ' ' + word(qualifier.kind);
}

std::string describe(const Value& value) {
  std::string text = value.text;
  if (value.prefix_length) text += fmt::format("/{}", *value.prefix_length);
  if (!value.mask.empty()) text += " mask " + value.mask;
  return text;
}

class Printer {
 public:
  explicit Printer(const Ast& ast) : ast_(ast) {}

  std::string run() {
    visit(ast_.root(), 0, "");
    return std::move(out_);
  }

 private:
  void visit(NodeId id, std::size_t depth, std::string_view prefix) {
    const Node& node = ast_.nodes[id];
    out_.append(2 * depth, ' ').append(prefix);
    std::visit([&](const auto& body) { print(body, depth); }, node.body);
  }

  void line(const std::string& text) { out_ += text + "\n"; }
  void print(const Address& address, std::size_t /*depth*/) {
    line(describe(address.qualifier) + " " + describe(address.value));
  }
  void print(const Abbreviation& abbreviation, std::size_t /*depth*/) { line(word(abbreviation.protocol)); }
  void print(const Broadcast& cast, std::size_t /*depth*/) { line(with_protocol(cast.protocol, "broadcast")); }
  void print(const Multicast& cast, std::size_t /*depth*/) { line(with_protocol(cast.protocol, "multicast")); }
  void print(const Encapsulation& wrapped, std::size_t /*depth*/) {
    line(word(wrapped.wrapping) + (wrapped.number ? fmt::format(" {}", *wrapped.number) : ""));
  }
  void print(const Length& length, std::size_t /*depth*/) {
    line(fmt::format("{} {}", length.at_least ? "greater" : "less", length.bytes));
  }
  void print(const ByteTest& test, std::size_t /*depth*/) {
    line(fmt::format("byte {} {} {}", test.index, static_cast<char>(test.relation), test.value));
  }
  void print(const Llc& llc, std::size_t /*depth*/) { line(llc.type.empty() ? "llc" : "llc " + llc.type); }
  void print(const Comparison& comparison, std::size_t /*depth*/) { line(parse::print(ast_.terms, comparison)); }
  void print(const TcpFlags& flags, std::size_t /*depth*/) { line(parse::print(flags)); }
  void print(const Payload& payload, std::size_t /*depth*/) { line(parse::print(payload)); }
  void print(const ScopeBegin& /*begin*/, std::size_t /*depth*/) {}
  void print(const Scope& scope, std::size_t depth) {
    if (scope.kind == ScopeKind::kHere) return visit_again(scope.child, depth);
    line(word(scope.kind));
    visit(scope.child, depth + 1, "");
  }
  void print(const Bidirectional& both, std::size_t depth) {
    line("bidir");
    visit(both.forth, depth + 1, "");
  }
  // On the line that was begun.
  void visit_again(NodeId id, std::size_t depth) {
    std::visit([&](const auto& body) { print(body, depth); }, ast_.nodes[id].body);
  }
  void print(const Not& inverted, std::size_t depth) {
    line("not");
    visit(inverted.child, depth + 1, "");
  }
  void print(const Group& group, std::size_t depth) {
    line(group.steps.empty() ? "everything" : "group");
    for (const Step& step : group.steps) {
      const bool first = &step == group.steps.data();
      visit(step.operand, depth + 1, first ? "" : std::string(word(step.before)) + " ");
    }
  }
  static std::string with_protocol(Protocol protocol, const char* text) {
    return protocol == Protocol::kNone ? text : std::string(word(protocol)) + " " + text;
  }

  const Ast& ast_;
  std::string out_;
};

}  // namespace

const char* word(Protocol protocol) {
  return at(kProtocolWords, protocol);
}

const char* word(Direction direction) {
  switch (direction) {
    case Direction::kSource:
      return "src";
    case Direction::kDestination:
      return "dst";
    case Direction::kSourceAndDestination:
      return "src and dst";
    case Direction::kSourceOrDestination:
      break;
  }
  return "src or dst";
}

const char* word(Kind kind) {
  return at(kKindWords, kind);
}
const char* word(Operator op) {
  return op == Operator::kAnd ? "and" : "or";
}
const char* word(Wrapping wrapping) {
  return at(kWrappingWords, wrapping);
}
const char* word(ScopeKind kind) {
  return at(kScopeWords, kind);
}
const char* word(Arithmetic op) {
  return at(kArithmeticWords, op);
}
const char* word(Relation relation) {
  return at(kRelationWords, relation);
}

std::string print(const TcpFlags& flags) {
  std::string text;
  for (std::size_t bit = 0; bit < kTcpFlagWords.size(); ++bit) {
    if ((flags.mask >> bit & 1) == 0) continue;
    text += fmt::format("{}{}{}", text.empty() ? "tcpflags " : ",", (flags.value >> bit & 1) != 0 ? "" : "!",
                        kTcpFlagWords[bit]);
  }
  return text;
}

std::string print(const Payload& payload) {
  return fmt::format("payload /{}/{}", payload.pattern, payload.flags);
}

std::string print(const Ast& ast) {
  return Printer(ast).run();
}

std::unexpected<base::Error> fault(std::string_view text, Span span, std::string message, std::string hint,
                                   base::ErrorCode code) {
  base::SourceMark mark{std::string(text), std::min(span.begin, text.size()), std::min(span.end, text.size())};
  return std::unexpected(base::Error{code, std::move(message), std::move(hint), "expression", std::move(mark)});
}

}  // namespace superspan::policy::parse
