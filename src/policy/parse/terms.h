// SPDX-License-Identifier: Apache-2.0
// Arithmetic as text that libpcap reads back as the same tree.
#pragma once

#include <string>
#include <vector>

#include "policy/parse/ast.h"

namespace superspan::policy::parse {

// How tightly an operator binds; nothing for `%` and `^`, for which libpcap's grammar gives no precedence: they take
// everything to their right, and bind their left operand tightest.
[[nodiscard]] std::optional<int> precedence(Arithmetic op);
inline constexpr int kLowestPrecedence = 1;
inline constexpr int kSignPrecedence = 6;  // of the sign in `-x`

[[nodiscard]] std::string print(const std::vector<Term>& terms, TermId term);
[[nodiscard]] std::string print(const std::vector<Term>& terms, const Comparison& comparison);

}  // namespace superspan::policy::parse
