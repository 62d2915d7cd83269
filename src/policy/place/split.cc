// SPDX-License-Identifier: Apache-2.0
#include "policy/place/split.h"

#include <set>

#include <fmt/format.h>

#include "policy/lower/reasons.h"
#include "policy/optimize/build.h"
#include "policy/optimize/workspace.h"
#include "policy/resolve/canonical.h"

namespace superspan::policy::place {
namespace {

constexpr std::size_t kMaxParts = 200;

const char* place_of(const lower::Lowered& lowered, const lower::Bounds& bounds) {
  optimize::Workspace workspace;
  const lower::PredicateId roots[] = {bounds.upper, bounds.lower, bounds.cut};
  const auto built = optimize::build(workspace, lowered.predicates, roots);
  if (built[0] == built[1] && built[2] == optimize::kNo) return "switch";
  return built[0] == optimize::kYes ? "node" : "switch, node";
}

// Its own reasons and those of the headers that must be there.
unsigned reasons_of(const resolve::Resolved& resolved, const lower::Lowered& lowered, resolve::NodeId id) {
  unsigned reasons = lowered.parts[id].reasons;
  const auto* comparison = std::get_if<resolve::Comparison>(&resolved.nodes[id].body);
  if (comparison == nullptr || comparison->guards.empty()) return reasons;
  for (const resolve::NodeId guard : comparison->guards) reasons |= lowered.parts[guard].reasons;
  const auto* type = std::get_if<resolve::LinkType>(&resolved.nodes[comparison->guards.front()].body);
  const bool only_ipv4 = type != nullptr && type->type == resolve::kEtherTypeIp;
  return only_ipv4 ? reasons & ~unsigned{lower::kExtensionHeaders} : reasons;
}

std::string why(unsigned reasons) {
  std::string text;
  for (const lower::ReasonText& reason : lower::kReasonTexts) {
    if ((reasons & reason.reason) != 0) text += std::string(text.empty() ? "  # " : "; ") + reason.brief;
  }
  return text;
}

}  // namespace

std::string split(const resolve::Resolved& resolved, const lower::Lowered& lowered) {
  std::set<resolve::NodeId> guards;
  for (const resolve::Node& node : resolved.nodes) {
    if (const auto* comparison = std::get_if<resolve::Comparison>(&node.body)) {
      guards.insert(comparison->guards.begin(), comparison->guards.end());
    }
  }
  std::string text;
  std::size_t parts = 0;
  for (resolve::NodeId id = 0; id < resolved.nodes.size(); ++id) {
    const resolve::Body& body = resolved.nodes[id].body;
    if (guards.contains(id) || std::holds_alternative<resolve::Group>(body) ||
        std::holds_alternative<resolve::Not>(body)) {
      continue;
    }
    if (++parts > kMaxParts) return text + "...\n";
    const std::string place = place_of(lowered, lowered.parts[id].bounds);
    text += fmt::format("{:<12}  {}{}\n", place, resolve::canonical(resolved, id),
                        place == "switch" ? "" : why(reasons_of(resolved, lowered, id)));
  }
  return text.empty() ? "switch        everything\n" : text;
}

}  // namespace superspan::policy::place
