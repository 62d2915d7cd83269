// SPDX-License-Identifier: Apache-2.0
// Tokens to tree, by recursive descent with a capped depth. Decides which qualifier an address inherits, exactly as
// libpcap's grammar does: the last qualifier that was written to the left of it; after `tcp`, `vlan` and the like, and
// behind a closing parenthesis that had none in front, there is none.
#pragma once

#include <string_view>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

// kInvalid with the mark, or kLimit for more than the limits or kMaxNesting.
[[nodiscard]] base::Result<Ast> parse(std::string_view text, const Limits& limits = {});

}  // namespace superspan::policy::parse
