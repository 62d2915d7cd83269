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
  std::vector<Reference> doubts;
};

Built build_all(Workspace& workspace, const lower::Lowered& lowered) {
  std::vector<lower::PredicateId> roots = {lowered.wanted, lowered.certain};
  for (const lower::Doubt& doubt : lowered.doubts) roots.push_back(doubt.where);
  const std::vector<Reference> built = optimize::build(workspace, lowered.predicates, roots);
  return {built[0], built[1], {built.begin() + 2, built.end()}};
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
  if (gap != kNo) policy.residual = Residual{resolve::canonical(resolved)};
  auto entries = decision_list(workspace, built.wanted, Leaves::kYesOrNo, options.rule_limit);
  if (!entries) return std::unexpected(entries.error());
  for (Entry& entry : *entries) policy.rules.push_back({std::move(entry.match), entry.leaf == 1});
  policy.diagram = std::make_shared<const Diagram>(workspace.freeze(built.wanted));
  return policy;
}

}  // namespace superspan::policy::place
