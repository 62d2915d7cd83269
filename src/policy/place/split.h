// SPDX-License-Identifier: Apache-2.0
// Which test of an expression runs where, and why.
#pragma once

#include <string>

#include "policy/lower/lower.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::place {

// One line a test, in the order of the text: "switch", "node", or "switch, node" if a switch leaves some frames over
// that only a node can tell.
[[nodiscard]] std::string split(const resolve::Resolved& resolved, const lower::Lowered& lowered);

}  // namespace superspan::policy::place
