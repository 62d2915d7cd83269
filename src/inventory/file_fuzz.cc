// SPDX-License-Identifier: Apache-2.0
// Any bytes as an inventory file: an error with a message, or a snapshot in which every name finds its entry.
#include <cstdlib>
#include <string_view>

#include "inventory/file.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace superspan;
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto snapshot = inventory::parse_file(text, "inventory.yaml");
  if (!snapshot) {
    require(!snapshot.error().message.empty());
    (void)base::render(snapshot.error());
    return 0;
  }
  for (const inventory::Entry& entry : snapshot->entries()) {
    require(snapshot->find(entry.kind, entry.name) == &entry);
    require(snapshot->group(entry.kind, entry.name).has_value());
    for (const auto& [key, value] : entry.labels) require(snapshot->labelled(key, value).has_value());
  }
  return 0;
}
