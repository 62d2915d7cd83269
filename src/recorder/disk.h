// SPDX-License-Identifier: Apache-2.0
// The part of a file system that the recorder uses, small enough to be replaced by one that fails on purpose.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::recorder {

// A file being appended to. Closed by the destructor. Not thread-safe.
// Errors: kLimit if the disk is full (ENOSPC, EDQUOT, EFBIG), else kUnavailable.
class File {
 public:
  virtual ~File() = default;
  // All or an error; after an error some of the bytes may be in the file.
  [[nodiscard]] virtual base::Status append(base::BytesView bytes) = 0;
  // Data is on the medium when this returns well. After an error it is unknown what is.
  [[nodiscard]] virtual base::Status sync() = 0;
  // Cuts the file to its first `bytes`; the next append goes there.
  [[nodiscard]] virtual base::Status truncate(std::uint64_t bytes) = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // A new, empty file (mode 0640), whose name survives a power cut. kConflict if the path exists.
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
};

// The machine's files. Thread-safe.
class SystemDisk final : public Disk {
 public:
  [[nodiscard]] base::Result<std::unique_ptr<File>> create(const std::filesystem::path& path) override;
};

}  // namespace superspan::recorder
