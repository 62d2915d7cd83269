// SPDX-License-Identifier: Apache-2.0
#include "policy/place/place.h"

#include <utility>

#include "policy/optimize/build.h"
#include "policy/optimize/diagram.h"
#include "policy/optimize/workspace.h"
#include "policy/place/decision_list.h"
#include "policy/resolve/canonical.h"

namespace superspan::policy::place {
namespace {

using optimize::kNo;
using optimize::Reference;
using optimize::Workspace;

struct Built {
  Reference wanted;
  Reference certain;
  Difference difference;  // wanted, as its topmost `and` has it
  std::vector<Reference> doubts;
};

// `a and not b` is a without b. Anything else is itself without nothing.
struct Halves {
  std::vector<lower::PredicateId> keep, refuse;
};
Halves split(const lower::Predicates& predicates, lower::PredicateId root) {
  using Kind = lower::Predicates::Kind;
  const auto& nodes = predicates.nodes();
  Halves halves;
  if (nodes[root].kind != Kind::kAnd) return {{root}, {}};
  for (const lower::PredicateId child : nodes[root].children) {
    if (nodes[child].kind == Kind::kNot) {
      halves.refuse.push_back(nodes[child].children.front());
    } else {
      halves.keep.push_back(child);
    }
  }
  return halves;
}

Built build_all(Workspace& workspace, const lower::Lowered& lowered) {
  lower::Predicates predicates = lowered.predicates;
  const Halves halves = split(predicates, lowered.wanted);
  std::vector<lower::PredicateId> roots = {lowered.wanted, lowered.certain, predicates.all(halves.keep),
                                           predicates.any(halves.refuse)};
  for (const lower::Doubt& doubt : lowered.doubts) roots.push_back(doubt.where);
  const std::vector<Reference> built = optimize::build(workspace, predicates, roots);
  return {built[0], built[1], {built[2], built[3]}, {built.begin() + 4, built.end()}};
}

}  // namespace

base::Result<CompiledPolicy> place(const resolve::Resolved& resolved, const lower::Lowered& lowered,
                                   const CompileOptions& options) {
  Workspace workspace;
  const Built built = build_all(workspace, lowered);
  const Reference gap = workspace.without(built.wanted, built.certain);
  CompiledPolicy policy;
  policy.expression = resolved.text;
  for (std::size_t at = 0; at < built.doubts.size(); ++at) {
    if (workspace.both(gap, built.doubts[at]) != kNo) policy.overmatches.push_back(lowered.doubts[at].text);
  }
  if (gap != kNo) policy.residual = Residual{resolve::canonical(resolved), !resolved.own};
  auto entries = decision_list(workspace, {built.wanted, Leaves::kYesOrNo, options.rule_limit, built.difference});
  if (!entries) return std::unexpected(entries.error());
  for (Entry& entry : *entries) policy.rules.push_back({std::move(entry.match), entry.leaf == 1});
  policy.diagram = std::make_shared<const Diagram>(workspace.freeze(built.wanted));
  return policy;
}

}  // namespace superspan::policy::place
