// SPDX-License-Identifier: Apache-2.0
// What the tests of the store share.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "store/store.h"

namespace superspan::store::testing {

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

// Removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "superspan-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace superspan::store::testing
