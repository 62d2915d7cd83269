// SPDX-License-Identifier: Apache-2.0
// Predicates to diagrams.
#pragma once

#include <span>
#include <vector>

#include "policy/lower/predicate.h"
#include "policy/optimize/workspace.h"

namespace superspan::policy::optimize {

// The diagrams of `roots`, in that order. Ask workspace.exhausted() afterwards.
[[nodiscard]] std::vector<Reference> build(Workspace& workspace, const lower::Predicates& predicates,
                                           std::span<const lower::PredicateId> roots);

}  // namespace superspan::policy::optimize
