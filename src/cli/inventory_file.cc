// SPDX-License-Identifier: Apache-2.0
#include "cli/inventory_file.h"

#include "inventory/file.h"
#include "policy/inventory_names.h"

namespace superspan::cli {

Option inventory_option() {
  return {.flags = "--inventory",
          .value = "FILE",
          .help = "YAML or JSON file of the names behind vm, tenant, app and the like",
          .kind = Value::kFile};
}

base::Result<std::shared_ptr<const policy::Names>> inventory_names(const Invocation& invocation) {
  const auto file = invocation.arguments.text("inventory");
  if (!file) return nullptr;
  auto snapshot = inventory::read_file(*file);
  if (!snapshot) return std::unexpected(snapshot.error());
  return std::make_shared<policy::InventoryNames>(std::move(*snapshot), policy::TapNumbers{});
}

}  // namespace superspan::cli
