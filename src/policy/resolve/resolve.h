// SPDX-License-Identifier: Apache-2.0
// Names and numbers to values, words to tests. Refuses with a mark what the words cannot mean (`tcp host`, `port
// 70000`).
#pragma once

#include "policy/names.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::resolve {

// `names` may be null: every name of a machine is then refused.
[[nodiscard]] base::Result<Resolved> resolve(const parse::Ast& ast, const Names* names = nullptr);

}  // namespace superspan::policy::resolve
