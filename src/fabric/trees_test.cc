// SPDX-License-Identifier: Apache-2.0
#include "fabric/trees.h"

#include <gtest/gtest.h>

#include "fabric/testing/random.h"

namespace superspan::fabric::support {
namespace {

TEST(Tree, HasItsRootInTheMiddle) {
  const Topology topology = make_fabric(kFourSwitches);
  const Tree tree(topology, 0);
  EXPECT_EQ(topology.switches()[tree.root()].name, "mux1");
  EXPECT_EQ(tree.path(0, 3), (std::vector<SwitchIndex>{0, 2, 3}));
  EXPECT_EQ(tree.path(1, 0), (std::vector<SwitchIndex>{1, 2, 0}));
  EXPECT_EQ(tree.port_towards(2, 3), 3U);
  EXPECT_EQ(tree.port_towards(3, 0), 49U);
}

TEST(Tree, SpreadsNamespacesOverEqualMuxes) {
  const Topology topology = make_fabric(R"(
name: two-muxes
switches:
  - {name: f, datapath: "1"}
  - {name: m1, datapath: "2"}
  - {name: m2, datapath: "3"}
  - {name: d, datapath: "4"}
links:
  - {from: "f:1", to: "m1:1"}
  - {from: "f:2", to: "m2:1"}
  - {from: "m1:2", to: "d:1"}
  - {from: "m2:2", to: "d:2"}
)");
  std::set<SwitchIndex> roots;
  for (unsigned name_space = 0; name_space < 4; ++name_space) roots.insert(Tree(topology, name_space).root());
  EXPECT_GT(roots.size(), 1U);
}

TEST(Tree, JoinsEverySwitchToEveryOtherOnOneWayWithoutLoops) {
  Random random(seed());
  for (int round = 0; round < 200; ++round) {
    const Topology topology = make_fabric(random_fabric(random));
    const Tree tree(topology, pick(random, 4));
    const std::size_t count = topology.switches().size();
    for (SwitchIndex from = 0; from < count; ++from) {
      for (SwitchIndex to = 0; to < count; ++to) {
        const std::vector<SwitchIndex> path = tree.path(from, to);
        EXPECT_EQ(std::set<SwitchIndex>(path.begin(), path.end()).size(), path.size());
        std::vector<SwitchIndex> back = tree.path(to, from);
        std::ranges::reverse(back);
        EXPECT_EQ(path, back);
      }
    }
    std::size_t branches = 0;
    for (const Link& link : topology.links()) {
      EXPECT_EQ(tree.is_branch(link.from, link.to.at), tree.is_branch(link.to, link.from.at));
      branches += tree.is_branch(link.from, link.to.at) ? 1 : 0;
    }
    EXPECT_EQ(branches, count - 1);
  }
}

}  // namespace
}  // namespace superspan::fabric::support
