// SPDX-License-Identifier: Apache-2.0
// Diagrams to decision lists: entries in priority order, the first that matches decides.
//
// A node `t ? yes : no` becomes the entries of `yes` with t in their match, and behind them those of `no`. What `yes`
// leaves open falls through to the entries of `no`, so only the difference of the two has to be written, and a negation
// costs an entry in front instead of masks for everything else.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "net/field.h"
#include "policy/optimize/workspace.h"

namespace superspan::policy::place {

struct Entry {
  net::Cube match;
  std::uint32_t leaf;  // number of the leaf: 0 no, 1 yes, or a set of policies
};

enum class Leaves { kYesOrNo, kSets };

// A diagram known to be `keep` without `refuse`: maybe it is shorter to refuse first and then to keep.
struct Difference {
  optimize::Reference keep;
  optimize::Reference refuse;
};

struct Request {
  optimize::Reference root;
  Leaves leaves = Leaves::kYesOrNo;
  std::size_t limit = 0;  // most entries
  std::optional<Difference> difference;
};

// Entries so that a packet that matches none has leaf 0. kLimit if there are too many, or if the workspace gives up.
[[nodiscard]] base::Result<std::vector<Entry>> decision_list(optimize::Workspace& workspace, const Request& request);

}  // namespace superspan::policy::place
