// SPDX-License-Identifier: Apache-2.0
// qos, dscp, ecn, tcpflags: bits of headers. vni, tap, payload. inner, outer, anytag and the halves of bidir: what is
// moved in their parentheses does not stay moved behind them.
#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.h"
#include "policy/resolve/context.h"
#include "policy/resolve/values.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Form;
using parse::Kind;
using parse::Protocol;
using parse::ScopeKind;
using parse::Value;

constexpr unsigned kSlotsOfScope = 3;
constexpr std::uint32_t kMaxVni = 0xffffff;

struct NamedNumber {
  const char* name;
  std::uint32_t value;
};
// Differentiated services: RFC 2474 (class selectors), 2597 (assured), 3246 (expedited), 5865, 8622.
constexpr NamedNumber kClasses[] = {{"be", 0},    {"cs0", 0},   {"df", 0},    {"le", 1},    {"cs1", 8},
                                    {"af11", 10}, {"af12", 12}, {"af13", 14}, {"cs2", 16},  {"af21", 18},
                                    {"af22", 20}, {"af23", 22}, {"cs3", 24},  {"af31", 26}, {"af32", 28},
                                    {"af33", 30}, {"cs4", 32},  {"af41", 34}, {"af42", 36}, {"af43", 38},
                                    {"cs5", 40},  {"va", 44},   {"ef", 46},   {"cs6", 48},  {"cs7", 56}};
constexpr NamedNumber kEcns[] = {{"not-ect", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}};  // RFC 3168

template <std::size_t N>
std::optional<std::uint32_t> named(const NamedNumber (&table)[N], const std::string& name) {
  const auto found = std::ranges::find(table, name, [](const NamedNumber& one) { return std::string(one.name); });
  return found == std::end(table) ? std::nullopt : std::optional(found->value);
}

template <std::size_t N>
std::string near(const NamedNumber (&table)[N], const std::string& name, const std::string& otherwise) {
  std::vector<std::string> names;
  for (const NamedNumber& one : table) names.emplace_back(one.name);
  const std::string found = base::did_you_mean(name, names);
  return found.empty() ? otherwise : found;
}

// `protocol[index:size] & mask = value`, behind these guards.
NodeId bytes_are(Context& context, std::vector<NodeId> guards, Protocol protocol, std::uint32_t index,
                 std::uint32_t size, std::uint32_t mask, std::uint32_t value) {
  const auto term = [&](decltype(parse::Term::body) body) {
    context.out.terms.push_back({body, context.span});
    return parse::TermId{static_cast<std::uint32_t>(context.out.terms.size() - 1)};
  };
  const auto load = term(parse::Load{protocol, term(parse::Number{index}), size});
  const auto masked = term(parse::Binary{parse::Arithmetic::kAnd, load, term(parse::Number{mask})});
  return context.add(Comparison{std::move(guards), {parse::Relation::kEqual, masked, term(parse::Number{value})}});
}

NodeId any_of(Context& context, NodeId first, NodeId second) {
  return context.add(Group{{{Operator::kAnd, first}, {Operator::kOr, second}}});
}

// Bits of the traffic class: the second byte of IPv4, which IPv6 has 4 bits into its header.
NodeId traffic_class(Context& context, std::uint32_t mask, std::uint32_t value) {
  const NodeId four_guard = context.add(LinkType{kEtherTypeIp});
  const NodeId four = bytes_are(context, {four_guard}, Protocol::kIp, 1, 1, mask, value);
  const NodeId six_guard = context.add(LinkType{kEtherTypeIp6});
  const NodeId six = bytes_are(context, {six_guard}, Protocol::kIp6, 0, 2, mask << 4, value << 4);
  return any_of(context, four, six);
}

Result<NodeId> tap(Context& context, const Value& value) {
  const auto id = context.names != nullptr ? context.names->tap(value.text) : std::nullopt;
  context.out.own = true;
  if (id) return context.add(Tap{*id});
  if (value.form == Form::kNumber) return context.add(Tap{value.number});
  const auto known = context.names != nullptr ? context.names->known("tap") : std::vector<std::string>{};
  const std::string found = base::did_you_mean(value.text, known);
  return context.refuse("unknown tap '" + value.text + "'",
                        !found.empty()  ? found
                        : known.empty() ? "no names of taps are known here; write the number of the tap"
                                        : "`superspan taps` lists them");
}

}  // namespace

Result<NodeId> own_number(Context& context, const parse::Address& address) {
  const Value& value = address.value;
  if (address.qualifier.protocol != Protocol::kNone) {
    const std::string word = parse::word(address.qualifier.kind);
    const std::string protocol = parse::word(address.qualifier.protocol);
    return context.refuse(address.qualifier, fmt::format("'{}' takes no protocol in front", word),
                          fmt::format("write '{} and {} {}'", protocol, word, value.text));
  }
  const bool number = value.form == Form::kNumber;
  switch (address.qualifier.kind) {
    case Kind::kTap:
      return tap(context, value);
    case Kind::kVni:
      if (!number || value.number > kMaxVni) {
        return context.refuse("'" + value.text + "' is no number of a virtual network",
                              "write a number from 0 to 16777215");
      }
      context.out.own = true;
      return context.add(Tunnel{value.number, std::nullopt});
    case Kind::kEcn: {
      const auto bits = number ? std::optional(value.number) : named(kEcns, value.text);
      if (bits && *bits <= 3) return traffic_class(context, 0x03, *bits);
      return context.refuse("'" + value.text + "' is no ECN codepoint",
                            near(kEcns, value.text, "write not-ect, ect0, ect1, ce or a number from 0 to 3"));
    }
    default:
      break;
  }
  const bool by_name = address.qualifier.kind == Kind::kQos;
  const auto code = number && !by_name ? std::optional(value.number) : named(kClasses, value.text);
  if (code && *code <= 63) return traffic_class(context, 0xfc, *code << 2);
  const std::string otherwise = by_name ? "write a class like ef, af41, cs3 or be, or 'dscp' and a number"
                                        : "write a number from 0 to 63, or a class like ef, af41, cs3 or be";
  return context.refuse(fmt::format("'{}' is no {}", value.text, by_name ? "class of service" : "DSCP"),
                        number ? otherwise : near(kClasses, value.text, otherwise));
}

Result<NodeId> tcp_flags(Context& context, const parse::TcpFlags& flags) {
  constexpr std::uint32_t kFlagsByte = 13;
  const NodeId ip = context.add(LinkType{kEtherTypeIp});
  const NodeId tcp = context.add(IpProtocol{true, true, kProtocolTcp});
  const NodeId first = context.add(FirstFragment{});
  const NodeId four = bytes_are(context, {ip, tcp, first}, Protocol::kTcp, kFlagsByte, 1, flags.mask, flags.value);
  return any_of(context, four, context.add(TcpFlags6{flags.mask, flags.value}));
}

Result<NodeId> payload(Context& context, const parse::Payload& payload) {
  auto regex = Regex::compile(payload.pattern, payload.flags);
  if (!regex) {
    return parse::fault(context.ast.text, context.span, regex.error().message, regex.error().hint, regex.error().code);
  }
  context.out.own = true;
  return context.add(Payload{payload, std::move(*regex)});
}

Result<NodeId> begin_scope(Context& context, ScopeKind kind) {
  const unsigned slot = context.out.slots;
  const Context::Saved saved{context.layout, slot, 0};
  const bool moves = kind == ScopeKind::kInner || kind == ScopeKind::kAnyTag;
  if (moves && slot + kSlotsOfScope > kSlots) {
    return context.refuse("too many words in each other that look into packets", "split the expression");
  }
  NodeId begin = 0;
  if (kind == ScopeKind::kInner) {
    begin = context.add(Tunnel{std::nullopt, slot});
    context.shift(inside_tunnel(slot));
  } else if (kind == ScopeKind::kAnyTag) {
    if (context.layout.labels > 0) {
      return context.refuse("behind 'mpls' no VLAN tags can be found", "write 'anytag' to the left of 'mpls'");
    }
    if (const auto status = context.allows_ether(); !status) return std::unexpected(status.error());
    begin = context.add(SkipTags{slot});
    context.shift(behind_tags(context.layout, slot));
  } else {
    begin = context.add(Group{});
    if (kind == ScopeKind::kOuter) context.shift(Layout{});
  }
  if (moves) context.out.slots += kSlotsOfScope;
  context.scopes.push_back(saved);
  context.scopes.back().layouts = context.out.layouts.size();
  return begin;
}

Result<NodeId> end_scope(Context& context, const parse::Scope& scope) {
  const Context::Saved saved = context.scopes.back();
  context.scopes.pop_back();
  const bool moved_inside = context.out.layouts.size() != saved.layouts;
  const bool outermost = saved.layout.is_outermost();
  const bool plain = scope.kind == ScopeKind::kHere || (scope.kind == ScopeKind::kOuter && outermost);
  if (plain && !moved_inside && scope.kind == ScopeKind::kHere) return scope.child;
  const bool own = !plain || moved_inside;
  context.out.own = context.out.own || own;
  context.out.slots = saved.slots;
  context.shift(saved.layout);
  if (!own) return scope.child;
  return context.add(Scope{scope.kind, scope.begin, scope.child});
}

}  // namespace superspan::policy::resolve
