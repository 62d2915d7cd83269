// SPDX-License-Identifier: Apache-2.0
// Predicates to what the parts of the fabric do: rules for switches, a residual for nodes, notes for people.
#pragma once

#include "policy/compile.h"
#include "policy/lower/lower.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::place {

[[nodiscard]] base::Result<CompiledPolicy> place(const resolve::Resolved& resolved, const lower::Lowered& lowered,
                                                 const CompileOptions& options);

}  // namespace superspan::policy::place
