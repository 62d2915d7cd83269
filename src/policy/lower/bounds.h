// SPDX-License-Identifier: Apache-2.0
// What a switch can know of a test. A switch sees a flow key, not the frame, so of some frames it cannot tell whether
// libpcap would say yes. A test is therefore three sets of flow keys:
//
//   upper  keys that have a frame for which the test holds; a switch that accepts them never misses a wanted frame
//   lower  keys of which every frame that is not cut passes the test
//   cut    keys that have a frame in which the test reads behind the end; libpcap then refuses the frame altogether
//
// `not` swaps upper and lower, so over-matching stays over-matching under every operator.
#pragma once

#include <vector>

#include "policy/lower/predicate.h"

namespace superspan::policy::lower {

struct Bounds {
  PredicateId upper = Predicates::kAlways;
  PredicateId lower = Predicates::kNever;
  PredicateId cut = Predicates::kNever;
};

// A test that the flow key decides.
[[nodiscard]] inline Bounds known(PredicateId test) {
  return {test, test, Predicates::kNever};
}

// In the order given, stopping at the first that decides, as libpcap's code does.
[[nodiscard]] Bounds all_of(Predicates& predicates, const std::vector<Bounds>& parts);
[[nodiscard]] Bounds any_of(Predicates& predicates, const std::vector<Bounds>& parts);
[[nodiscard]] Bounds negate(Predicates& predicates, const Bounds& part);

}  // namespace superspan::policy::lower
