// SPDX-License-Identifier: Apache-2.0
// The reserved words of pcap-filter(7).
#pragma once

#include <optional>
#include <string_view>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

[[nodiscard]] std::optional<Protocol> protocol_word(std::string_view text);
// host, net, port, portrange, proto.
[[nodiscard]] std::optional<Kind> kind_word(std::string_view text);

// A word of pcap-filter that superspan does not understand yet, and what to write instead.
struct LaterWord {
  std::string_view word;
  std::string_view hint;
};
[[nodiscard]] const LaterWord* later_word(std::string_view text);

// True for every word with a meaning of its own, so that it cannot be a name without a backslash.
[[nodiscard]] bool is_keyword(std::string_view text);

}  // namespace superspan::policy::parse
