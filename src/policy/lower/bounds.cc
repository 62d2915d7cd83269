// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/bounds.h"

#include <ranges>

namespace superspan::policy::lower {
namespace {

struct Columns {
  std::vector<PredicateId> upper, lower;
};

Columns columns(const std::vector<Bounds>& parts) {
  Columns split;
  for (const Bounds& part : parts) {
    split.upper.push_back(part.upper);
    split.lower.push_back(part.lower);
  }
  return split;
}

}  // namespace

Bounds all_of(Predicates& predicates, const std::vector<Bounds>& parts) {
  const Columns split = columns(parts);
  // A part reads the frame only if those in front of it may hold.
  PredicateId cut = Predicates::kNever;
  for (const Bounds& part : std::views::reverse(parts)) {
    cut = predicates.any({part.cut, predicates.all({part.upper, cut})});
  }
  return {predicates.all(split.upper), predicates.all(split.lower), cut};
}

Bounds any_of(Predicates& predicates, const std::vector<Bounds>& parts) {
  const Columns split = columns(parts);
  PredicateId cut = Predicates::kNever;
  for (const Bounds& part : std::views::reverse(parts)) {
    cut = predicates.any({part.cut, predicates.all({predicates.negate(part.lower), cut})});
  }
  return {predicates.any(split.upper), predicates.any(split.lower), cut};
}

Bounds negate(Predicates& predicates, const Bounds& part) {
  return {predicates.negate(part.lower), predicates.negate(part.upper), part.cut};
}

}  // namespace superspan::policy::lower
