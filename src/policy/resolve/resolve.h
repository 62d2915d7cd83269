// SPDX-License-Identifier: Apache-2.0
// Names and numbers to values, words to tests. Refuses with a mark what the words cannot mean (`tcp host`, `port
// 70000`).
#pragma once

#include "policy/resolve/resolved.h"

namespace superspan::policy::resolve {

[[nodiscard]] base::Result<Resolved> resolve(const parse::Ast& ast);

}  // namespace superspan::policy::resolve
