// SPDX-License-Identifier: Apache-2.0
#include "policy/optimize/build.h"

#include <algorithm>

namespace superspan::policy::optimize {
namespace {

using lower::PredicateId;
using lower::Predicates;

std::vector<bool> reachable_from(const Predicates& predicates, std::span<const PredicateId> roots) {
  std::vector<bool> reachable(predicates.nodes().size());
  for (const PredicateId root : roots) reachable[root] = true;
  for (std::size_t at = reachable.size(); at-- > 0;) {
    if (!reachable[at]) continue;
    for (const PredicateId child : predicates.nodes()[at].children) reachable[child] = true;
  }
  return reachable;
}

// Neighbours first, so that a list of n values costs n log n and not n squared.
Reference fold(Workspace& workspace, std::vector<Reference> parts, Predicates::Kind kind) {
  while (parts.size() > 1) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < parts.size(); at += 2) {
      if (at + 1 == parts.size()) {
        parts[kept++] = parts[at];
      } else if (kind == Predicates::Kind::kAnd) {
        parts[kept++] = workspace.both(parts[at], parts[at + 1]);
      } else {
        parts[kept++] = workspace.either(parts[at], parts[at + 1]);
      }
    }
    parts.resize(kept);
  }
  return parts.front();
}

}  // namespace

std::vector<Reference> build(Workspace& workspace, const Predicates& predicates, std::span<const PredicateId> roots) {
  const std::vector<bool> reachable = reachable_from(predicates, roots);
  std::vector<Reference> built(predicates.nodes().size(), kNo);
  for (std::size_t at = 0; at < built.size(); ++at) {
    if (!reachable[at]) continue;
    const Predicates::Node& node = predicates.nodes()[at];
    std::vector<Reference> children;
    children.reserve(node.children.size());
    for (const PredicateId child : node.children) children.push_back(built[child]);
    switch (node.kind) {
      case Predicates::Kind::kFalse:
        built[at] = kNo;
        break;
      case Predicates::Kind::kTrue:
        built[at] = kYes;
        break;
      case Predicates::Kind::kTest:
        built[at] = workspace.literal(node.test);
        break;
      case Predicates::Kind::kNot:
        built[at] = workspace.negate(children.front());
        break;
      case Predicates::Kind::kAnd:
      case Predicates::Kind::kOr:
        built[at] = fold(workspace, std::move(children), node.kind);
        break;
    }
  }
  std::vector<Reference> results;
  std::ranges::transform(roots, std::back_inserter(results), [&](PredicateId root) { return built[root]; });
  return results;
}

}  // namespace superspan::policy::optimize
