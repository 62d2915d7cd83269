// SPDX-License-Identifier: Apache-2.0
#include "lab/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace superspan::lab {

void File::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::unexpected<base::Error> fail_errno(std::string_view what) {
  const int reason = errno;
  const bool denied = reason == EPERM || reason == EACCES;
  return base::fail(denied ? base::ErrorCode::kDenied : base::ErrorCode::kInternal,
                    fmt::format("{}: {}", what, std::strerror(reason)));
}

base::Result<File> open_file(const std::filesystem::path& path, int flags) {
  File file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!file) return fail_errno(fmt::format("cannot open {}", path.string()));
  return file;
}

base::Result<std::string> read_file(const std::filesystem::path& path) {
  const auto file = open_file(path, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  return read_all(file->get());
}

base::Status write_file(const std::filesystem::path& path, std::string_view content) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return std::unexpected(file.error());
  // Short writes do not happen on the regular files and /proc/sys entries that this is for.
  if (write(file->get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    return fail_errno(fmt::format("cannot write {}", path.string()));
  }
  return {};
}

std::string read_all(int descriptor) {
  lseek(descriptor, 0, SEEK_SET);
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t count; (count = read(descriptor, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return out;
}

bool wait_readable(int descriptor, std::chrono::milliseconds timeout) {
  pollfd entry{descriptor, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(timeout.count())) == 1;
}

File open_process(pid_t pid) {
  return File(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

void signal_process(int handle, int signal) {
  syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

}  // namespace superspan::lab
