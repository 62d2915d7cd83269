// SPDX-License-Identifier: Apache-2.0
// One command at a time changes the lab. A lock (flock(2)) on a file in a folder that only root may write to, so that
// no other user of the machine can hold it; it is free again when its owner dies, however it dies.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "lab/file.h"

namespace superspan::lab {

// kDenied unless we are root.
[[nodiscard]] base::Status check_root();

class Lock {
 public:
  // Takes the lock `folder`/lab.lock; makes the folder (mode 0755) if there is none. Does not wait.
  // kConflict: another process has it, which the error names; kDenied: the folder belongs to another user, or others
  // may write to it.
  [[nodiscard]] static base::Result<Lock> take(const std::filesystem::path& folder);
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&&) = delete;
  ~Lock();  // removes the file, and the folder if nothing else is in it

 private:
  Lock(std::filesystem::path path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  File file_;  // empty when moved from
};

}  // namespace superspan::lab
