// SPDX-License-Identifier: Apache-2.0
// The provider that reads a file: YAML, or JSON, which is YAML. docs/formats/inventory.md is the reference.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "inventory/snapshot.h"

namespace superspan::inventory {

inline constexpr std::size_t kFileBytesMax = std::size_t{8} << 20;
inline constexpr std::size_t kEntriesMax = 50'000;
inline constexpr std::size_t kListMax = 4'096;  // addresses, labels, services or members of one entry

// Errors are kInvalid with the place in the text and what to write instead, or kLimit. `file_name` is for places.
[[nodiscard]] base::Result<Snapshot> parse_file(std::string_view text, const std::string& file_name);
// Also kNotFound if it cannot be read.
[[nodiscard]] base::Result<std::shared_ptr<const Snapshot>> read_file(const std::string& path);

}  // namespace superspan::inventory
