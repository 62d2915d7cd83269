// SPDX-License-Identifier: Apache-2.0
// What the tests of the store share.
#pragma once

#include <string>

#include "base/testing/temporary_folder.h"
#include "store/store.h"

namespace superspan::store::testing {

using base::testing::TemporaryFolder;

inline Policy policy(const std::string& name, std::uint32_t number) {
  Policy policy;
  policy.name = name;
  policy.number = number;
  policy.name_space = 1;
  policy.bit = static_cast<std::uint8_t>(number % 64);
  policy.from_epoch = number;
  policy.revision = number + 1;
  policy.created = base::WallTime(base::Duration(1'700'000'000'123'456'789));
  policy.text = {"tcp port 443", {"leaf1-spine1"}, {"ids1", "node1"}, true, false, 900, 1, 2, 96, "ann", "why", "T-1"};
  return policy;
}

}  // namespace superspan::store::testing
