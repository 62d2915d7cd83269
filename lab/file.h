// SPDX-License-Identifier: Apache-2.0
// File descriptors as owned values, and whole files as strings. errno becomes an Error here and nowhere else.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace superspan::lab {

// Owns one file descriptor. Empty when default-made or moved from.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() { close(); }
  void close();
  [[nodiscard]] int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// "what: No such file or directory" from errno, as kInternal (kDenied for EPERM and EACCES).
[[nodiscard]] std::unexpected<base::Error> fail_errno(std::string_view what);

[[nodiscard]] base::Result<File> open_file(const std::filesystem::path& path, int flags);  // O_CLOEXEC, mode 0600
[[nodiscard]] base::Result<std::string> read_file(const std::filesystem::path& path);
[[nodiscard]] base::Status write_file(const std::filesystem::path& path, std::string_view content);

// All of a file from its begin, whatever its position.
[[nodiscard]] std::string read_all(int descriptor);
// Readable (or ended, for a process handle) within the timeout.
[[nodiscard]] bool wait_readable(int descriptor, std::chrono::milliseconds timeout);
// Handle of a process (pidfd_open(2)); empty if there is none.
[[nodiscard]] File open_process(pid_t pid);
void signal_process(int handle, int signal);

// Without white space at the end.
[[nodiscard]] std::string trimmed(std::string text);

}  // namespace superspan::lab
