// SPDX-License-Identifier: Apache-2.0
// The reserved words of pcap-filter(7).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

[[nodiscard]] std::optional<Protocol> protocol_word(std::string_view text);
// host, net, port, portrange, proto, protochain, gateway.
[[nodiscard]] std::optional<Kind> kind_word(std::string_view text);
// vlan, mpls, pppoed, pppoes, geneve.
[[nodiscard]] std::optional<Wrapping> wrapping_word(std::string_view text);
// tcp-syn, icmptype and the like: numbers wherever they stand.
[[nodiscard]] std::optional<std::uint32_t> named_number(std::string_view text);

// A word that means nothing on Ethernet, and what to write instead. libpcap refuses these as well.
struct RefusedWord {
  std::string_view word;
  std::string_view reason;  // "'vpi' ..."
  std::string_view hint;
};
[[nodiscard]] const RefusedWord* refused_word(std::string_view text);

// The words of superspan. They are words only where tcpdump could understand nothing else (Parser::own_ahead), so they
// are no keywords, and things may have these names.
[[nodiscard]] std::optional<Kind> own_kind_word(std::string_view text);    // vm, label, dscp, ...
[[nodiscard]] std::optional<ScopeKind> scope_word(std::string_view text);  // inner, outer, anytag
[[nodiscard]] std::optional<std::uint8_t> tcp_flag_word(std::string_view text);
// All that may begin a test: these, bidir, payload.
[[nodiscard]] std::span<const std::string_view> own_words();

// True for every word with a meaning of its own, so that it cannot be a name without a backslash.
[[nodiscard]] bool is_keyword(std::string_view text);
// All of them, and the named numbers; for tests that use every word.
[[nodiscard]] std::span<const std::string_view> all_words();

}  // namespace superspan::policy::parse
