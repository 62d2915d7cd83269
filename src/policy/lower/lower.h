// SPDX-License-Identifier: Apache-2.0
// The resolved expression as predicates over switch fields, with libpcap's meaning.
#pragma once

#include <string>
#include <vector>

#include "policy/lower/bounds.h"
#include "policy/lower/predicate.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::lower {

// Something that rules may let through beyond the expression, if the difference of `wanted` and `certain` has keys
// in `where`.
struct Doubt {
  std::string text;
  PredicateId where;
};

// What a switch can know of one node of the resolved expression.
struct Part {
  Bounds bounds;
  unsigned reasons = 0;  // why not all: Reason bits; 0 for `and`, `or` and `not`
};

struct Lowered {
  Predicates predicates;
  PredicateId wanted = Predicates::kNever;   // every frame that the expression keeps has such a flow key
  PredicateId certain = Predicates::kNever;  // every frame with such a flow key is kept by the expression
  std::vector<Doubt> doubts;
  std::vector<Part> parts;  // by resolve::NodeId
};

// keep_malformed: see CompileOptions. kLimit for expressions with too many values.
[[nodiscard]] base::Result<Lowered> lower(const resolve::Resolved& resolved, bool keep_malformed);

}  // namespace superspan::policy::lower
