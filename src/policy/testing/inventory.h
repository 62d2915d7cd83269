// SPDX-License-Identifier: Apache-2.0
// The inventory of the tests: src/policy/testdata/inventory.yaml, and a tap.
#pragma once

#include <memory>
#include <stdexcept>

#include "inventory/file.h"
#include "policy/inventory_names.h"

namespace superspan::policy::testing {

inline std::shared_ptr<const Names> inventory_names() {
  auto snapshot = inventory::read_file("src/policy/testdata/inventory.yaml");
  if (!snapshot) throw std::runtime_error(base::render(snapshot.error()));
  return std::make_shared<InventoryNames>(*snapshot, TapNumbers{{"leaf1", 7}});
}

}  // namespace superspan::policy::testing
