// SPDX-License-Identifier: Apache-2.0
// The stages of the compiler in order; compile(), explain() and the evaluator each run a part of it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "policy/compile.h"
#include "policy/lower/lower.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy {

// Everything between text and rules, for printing.
struct Compilation {
  resolve::Resolved resolved;
  lower::Lowered lowered;
  CompiledPolicy policy;
};

// text -> parse -> resolve. `names` may be null.
[[nodiscard]] base::Result<resolve::Resolved> read(std::string_view expression, const Names* names,
                                                   const parse::Limits& limits = {});
// text -> parse -> resolve -> lower -> optimize -> place
[[nodiscard]] base::Result<Compilation> run(std::string_view expression, const CompileOptions& options);

}  // namespace superspan::policy
