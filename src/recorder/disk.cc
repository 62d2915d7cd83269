// SPDX-License-Identifier: Apache-2.0
#include "recorder/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace superspan::recorder {
namespace {

std::unexpected<base::Error> failed(const char* what, const std::filesystem::path& path) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const auto code = full               ? base::ErrorCode::kLimit
                    : number == EEXIST ? base::ErrorCode::kConflict
                                       : base::ErrorCode::kUnavailable;
  return base::fail(code, fmt::format("{}: {}", what, std::system_category().message(number)),
                    full ? "free some space or record to another directory" : "", path.string());
}

// Makes the directory entry durable; without it a power cut may lose the whole file.
base::Status sync_directory(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return failed("cannot open the record directory", parent);
  const int result = ::fsync(directory);
  const auto status = result == 0 ? base::Status{} : failed("cannot sync the record directory", parent);
  ::close(directory);
  return status;
}

class SystemFile final : public File {
 public:
  SystemFile(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;
  ~SystemFile() override { ::close(descriptor_); }

  base::Status append(base::BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed("cannot write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  base::Status sync() override {
    if (::fdatasync(descriptor_) != 0) return failed("cannot sync", path_);
    return {};
  }
  base::Status truncate(std::uint64_t bytes) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) return failed("cannot truncate", path_);
    return {};
  }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace

base::Result<std::unique_ptr<File>> SystemDisk::create(const std::filesystem::path& path) {
  // O_APPEND: after truncate() the next write goes to the new end.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor < 0) return failed("cannot create the recording", path);
  auto file = std::make_unique<SystemFile>(descriptor, path);
  if (auto status = sync_directory(path); !status) return std::unexpected(status.error());
  return file;
}

}  // namespace superspan::recorder
