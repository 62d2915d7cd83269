// SPDX-License-Identifier: Apache-2.0
#include "lab/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr int kTries = 100;     // each lost to a holder that left at that moment
constexpr int kNameTries = 50;  // of 10 ms: a holder that has just begun has not written its name yet

Status check_folder(const path& folder) {
  struct stat found{};
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno(fmt::format("cannot make {}", folder.string()));
  if (::lstat(folder.c_str(), &found) != 0) return {};  // gone again: the caller tries once more
  if (S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return base::fail(
      ErrorCode::kDenied, fmt::format("{} is no folder that only this user may write to", folder.string()),
      fmt::format("look who made it; then `chown 0:0 {0}; chmod 755 {0}`, or remove it", folder.string()));
}

// "process 4711, `superspan lab up`"
std::string who_we_are() {
  std::string words = read_file("/proc/self/cmdline").value_or("");
  std::ranges::replace(words, '\0', ' ');
  return fmt::format("process {}, `{}`", ::getpid(), trimmed(words));
}

std::string holder_of(const File& file) {
  for (int attempt = 0; attempt < kNameTries; ++attempt) {
    if (auto holder = read_all(file.get()); !holder.empty()) return holder;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "a process that does not tell its name";
}

// Whether the file that we hold is still the one that others find: its last holder may have removed it meanwhile.
bool is_current(const File& file, const path& path) {
  struct stat held{};
  struct stat found{};
  return ::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &found) == 0 && held.st_ino == found.st_ino &&
         held.st_dev == found.st_dev;
}

}  // namespace

Status check_root() {
  if (::geteuid() == 0) return {};
  return base::fail(ErrorCode::kDenied, "the lab needs root: it makes network namespaces", "run it with sudo");
}

base::Result<Lock> Lock::take(const path& folder) {
  const path path = folder / "lab.lock";
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (auto safe = check_folder(folder); !safe) return std::unexpected(safe.error());
    File file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno == ENOENT) continue;
    if (!file) return fail_errno(fmt::format("cannot open {}", path.string()));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      return base::fail(ErrorCode::kConflict, fmt::format("another command is at work on the lab: {}", holder_of(file)),
                        "wait until it has ended");
    }
    if (!is_current(file, path)) continue;
    const std::string holder = who_we_are();
    if (::ftruncate(file.get(), 0) != 0 ||
        ::write(file.get(), holder.data(), holder.size()) != static_cast<ssize_t>(holder.size())) {
      return fail_errno(fmt::format("cannot write {}", path.string()));
    }
    return Lock(path, std::move(file));
  }
  return base::fail(ErrorCode::kConflict, fmt::format("{} is taken again and again", path.string()),
                    "wait until the other commands have ended");
}

Lock::~Lock() {
  if (!file_) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);  // before it is free: whoever opened it sees that it is not current
  std::filesystem::remove(path_.parent_path(), ignored);
}

}  // namespace superspan::lab
