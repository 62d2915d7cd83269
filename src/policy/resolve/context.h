// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share while they resolve one expression. Each function turns one kind of word into
// nodes of Context::out, or refuses it with a mark.
#pragma once

#include <string>

#include "policy/names.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::resolve {

// libpcap computes with this many registers; `geneve` keeps some for good. What needs more is refused there and here.
inline constexpr unsigned kRegisters = 16;
// Where headers of variable places are kept: for libpcap's words in its registers, for ours as many again, thrice.
inline constexpr unsigned kSlots = 4 * kRegisters;

struct Context {
  const parse::Ast& ast;
  const Names* names;  // may be null
  Resolved out;
  Layout layout;           // of what comes next
  unsigned registers = 0;  // in use
  parse::Span span;        // of the test that is being resolved

  // What was in force in front of a scope.
  struct Saved {
    Layout layout;
    unsigned slots;
    std::size_t layouts;
  };
  std::vector<Saved> scopes;

  [[nodiscard]] NodeId add(Body body);
  // The layout changes for everything that is added from now on.
  void shift(const Layout& next);
  [[nodiscard]] base::Status take_registers(unsigned count);

  [[nodiscard]] std::unexpected<base::Error> refuse(std::string message, std::string hint) const;
  [[nodiscard]] std::unexpected<base::Error> refuse(const parse::Qualifier& qualifier, std::string message,
                                                    std::string hint) const;
  // An error if a test of this link type cannot be made where it stands.
  [[nodiscard]] base::Status allows_type(std::uint32_t type) const;
  // An error if there is no Ethernet header where it stands.
  [[nodiscard]] base::Status allows_ether() const;
};

[[nodiscard]] base::Result<NodeId> host(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> gateway(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> ports(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> protocol(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> encapsulation(Context& context, const parse::Encapsulation& test);
[[nodiscard]] base::Result<NodeId> comparison(Context& context, const parse::Comparison& comparison);
// --- the words of superspan ---
[[nodiscard]] base::Result<NodeId> named_group(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> own_number(Context& context, const parse::Address& address);
[[nodiscard]] base::Result<NodeId> tcp_flags(Context& context, const parse::TcpFlags& flags);
[[nodiscard]] base::Result<NodeId> payload(Context& context, const parse::Payload& payload);
[[nodiscard]] base::Result<NodeId> begin_scope(Context& context, parse::ScopeKind kind);
// `begin` and `child` are resolved.
[[nodiscard]] base::Result<NodeId> end_scope(Context& context, const parse::Scope& scope);
// What the word of a protocol alone means.
[[nodiscard]] base::Result<Body> abbreviation(const Context& context, parse::Protocol protocol);

}  // namespace superspan::policy::resolve
