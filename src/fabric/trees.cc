// SPDX-License-Identifier: Apache-2.0
#include "fabric/trees.h"

#include <algorithm>
#include <cassert>

namespace superspan::fabric {
namespace {

struct Edge {
  SwitchIndex to = 0;
  openflow::PortNumber own = 0;
  openflow::PortNumber theirs = 0;
};
using Edges = std::vector<std::vector<Edge>>;

Edges edges_of(const Topology& topology) {
  Edges edges(topology.switches().size());
  for (const Link& link : topology.links()) {
    edges[link.from.at].push_back({link.to.at, link.from.port, link.to.port});
    edges[link.to.at].push_back({link.from.at, link.to.port, link.from.port});
  }
  for (auto& list : edges) std::ranges::sort(list, {}, [](const Edge& edge) { return std::pair(edge.to, edge.own); });
  return edges;
}

// Switches in breadth-first order from `root`, with the hops to each; unreachable ones are missing.
std::vector<std::pair<SwitchIndex, unsigned>> breadth_first(const Edges& edges, SwitchIndex root) {
  std::vector<std::pair<SwitchIndex, unsigned>> order = {{root, 0}};
  std::vector<bool> seen(edges.size(), false);
  seen[root] = true;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const auto [from, hops] = order[at];
    for (const Edge& edge : edges[from]) {
      if (seen[edge.to]) continue;
      seen[edge.to] = true;
      order.emplace_back(edge.to, hops + 1);
    }
  }
  return order;
}

// The switches whose farthest other switch is nearest, in index order.
std::vector<SwitchIndex> centres(const Edges& edges) {
  std::vector<SwitchIndex> best;
  unsigned best_hops = ~0U;
  for (SwitchIndex root = 0; root < edges.size(); ++root) {
    const unsigned hops = breadth_first(edges, root).back().second;
    if (hops < best_hops) best.clear();
    if (hops <= best_hops) best.push_back(root);
    best_hops = std::min(best_hops, hops);
  }
  return best;
}

}  // namespace

Tree::Tree(const Topology& topology, unsigned name_space) {
  const Edges edges = edges_of(topology);
  const std::vector<SwitchIndex> roots = centres(edges);
  root_ = roots[name_space % roots.size()];
  places_.resize(edges.size());
  places_[root_].parent = root_;
  std::vector<bool> placed(edges.size(), false);
  placed[root_] = true;
  for (const auto& [from, hops] : breadth_first(edges, root_)) {
    for (auto edge = edges[from].begin(); edge != edges[from].end();) {
      const auto next = std::find_if(edge, edges[from].end(), [&](const Edge& other) { return other.to != edge->to; });
      if (!placed[edge->to]) {
        placed[edge->to] = true;
        const Edge& chosen = *(edge + (name_space % (next - edge)));
        places_[chosen.to] = {from, hops + 1, chosen.theirs, chosen.own};
      }
      edge = next;
    }
  }
}

// The child of `from` that is `to` or an ancestor of it; `from` itself if there is none.
SwitchIndex Tree::child_towards(SwitchIndex from, SwitchIndex to) const {
  while (places_[to].depth > places_[from].depth + 1) to = places_[to].parent;
  return places_[to].depth == places_[from].depth + 1 && places_[to].parent == from ? to : from;
}

openflow::PortNumber Tree::port_towards(SwitchIndex from, SwitchIndex to) const {
  assert(from != to);
  const SwitchIndex child = child_towards(from, to);
  return child == from ? places_[from].up : places_[child].down;
}

SwitchIndex Tree::next(SwitchIndex from, SwitchIndex to) const {
  assert(from != to);
  const SwitchIndex child = child_towards(from, to);
  return child == from ? places_[from].parent : child;
}

std::vector<SwitchIndex> Tree::path(SwitchIndex from, SwitchIndex to) const {
  std::vector<SwitchIndex> path = {from};
  while (path.back() != to) path.push_back(next(path.back(), to));
  return path;
}

std::optional<SwitchIndex> first_unreachable(const Topology& topology) {
  std::vector<bool> seen(topology.switches().size(), false);
  for (const auto& [reached, hops] : breadth_first(edges_of(topology), 0)) seen[reached] = true;
  const auto lonely = std::ranges::find(seen, false);
  if (lonely == seen.end()) return std::nullopt;
  return static_cast<SwitchIndex>(lonely - seen.begin());
}

}  // namespace superspan::fabric
