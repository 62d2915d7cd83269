// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/lower.h"

#include "policy/lower/primitives.h"

namespace superspan::policy::lower {
namespace {

// A port range is up to 30 tests a side, so this is reached long before kMaxNodes when someone lists ranges.
constexpr std::size_t kMaxTests = 65'536;

class Lowering {
 public:
  Lowering(const resolve::Resolved& resolved, bool keep_malformed)
      : resolved_(resolved), primitives_(resolved, lowered_.predicates, keep_malformed) {}

  base::Result<Lowered> run() {
    unsigned reasons = 0;
    for (const resolve::Node& node : resolved_.nodes) {
      const Bounds bounds =
          std::visit([&](const auto& body) { return convert(body, resolved_.layout(node)); }, node.body);
      lowered_.parts.push_back({bounds, primitives_.take_reasons()});
      reasons |= lowered_.parts.back().reasons;
      if (lowered_.predicates.test_count() > kMaxTests) {
        return parse::fault(resolved_.text, node.span, "the expression needs too many switch tests",
                            "split it into several policies, or write nets and wider port ranges",
                            base::ErrorCode::kLimit);
      }
    }
    const Bounds whole = lowered_.parts.back().bounds;
    Predicates& predicates = lowered_.predicates;
    lowered_.wanted = whole.upper;
    lowered_.certain = predicates.all({whole.lower, predicates.negate(whole.cut)});
    for (const auto& [reason, text, brief] : kReasonTexts) {
      if ((reasons & reason) != 0) lowered_.doubts.push_back({text, primitives_.where(reason)});
    }
    return std::move(lowered_);
  }

 private:
  template <typename Primitive>
  Bounds convert(const Primitive& primitive, const resolve::Layout& layout) {
    return primitives_.lower(primitive, layout);
  }
  Bounds convert(const resolve::Comparison& comparison, const resolve::Layout& layout) {
    Predicates& predicates = lowered_.predicates;
    std::vector<Bounds> tests;
    tests.reserve(comparison.guards.size());
    for (const resolve::NodeId guard : comparison.guards) tests.push_back(lowered_.parts[guard].bounds);
    const Bounds guards = all_of(predicates, tests);
    auto [compared, inverted] = primitives_.compare(comparison.terms, layout);
    if (inverted) {
      // Not "other than this", but "not this in such a packet": a field needs its guards in every rule.
      compared = {predicates.negate(predicates.all({guards.upper, compared.lower})),
                  predicates.negate(predicates.all({guards.upper, compared.upper})), compared.cut};
    }
    return all_of(predicates, {guards, compared});
  }
  Bounds convert(const resolve::Scope& scope, const resolve::Layout& /*layout*/) {
    return all_of(lowered_.predicates, {lowered_.parts[scope.begin].bounds, lowered_.parts[scope.child].bounds});
  }
  Bounds convert(const resolve::Bidirectional& both, const resolve::Layout& /*layout*/) {
    return any_of(lowered_.predicates, {lowered_.parts[both.forth].bounds, lowered_.parts[both.back].bounds});
  }
  Bounds convert(const resolve::Not& inverted, const resolve::Layout& /*layout*/) {
    return negate(lowered_.predicates, lowered_.parts[inverted.child].bounds);
  }

  // Runs of the same operator become one node, so that a list of a thousand hosts is no tower of a thousand nodes.
  Bounds convert(const resolve::Group& group, const resolve::Layout& /*layout*/) {
    std::vector<Bounds> run;
    resolve::Operator joined = resolve::Operator::kAnd;
    for (const resolve::Step& step : group.steps) {
      if (run.size() > 1 && step.before != joined) run = {close(run, joined)};
      joined = step.before;
      run.push_back(lowered_.parts[step.operand].bounds);
    }
    return close(run, joined);
  }

  Bounds close(const std::vector<Bounds>& run, resolve::Operator joined) {
    Predicates& predicates = lowered_.predicates;
    return joined == resolve::Operator::kAnd ? all_of(predicates, run) : any_of(predicates, run);
  }

  const resolve::Resolved& resolved_;
  Lowered lowered_;
  Primitives primitives_;
};

}  // namespace

base::Result<Lowered> lower(const resolve::Resolved& resolved, bool keep_malformed) {
  return Lowering(resolved, keep_malformed).run();
}

}  // namespace superspan::policy::lower
