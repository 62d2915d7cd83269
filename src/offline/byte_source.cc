// SPDX-License-Identifier: Apache-2.0
#include "offline/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace superspan::offline {
namespace {

base::ErrorCode code_of(int number) {
  if (number == ENOENT || number == ENOTDIR) return base::ErrorCode::kNotFound;
  if (number == EACCES || number == EPERM) return base::ErrorCode::kDenied;
  return base::ErrorCode::kInvalid;
}

}  // namespace

base::Result<std::size_t> MemorySource::read(std::span<std::byte> room) {
  const std::size_t count = std::min(room.size(), bytes_.size());
  std::ranges::copy(bytes_.first(count), room.begin());
  bytes_ = bytes_.subspan(count);
  return count;
}

FileSource::FileSource(int fd, std::string name, std::function<bool()> stopped)
    : fd_(fd), name_(std::move(name)), stopped_(std::move(stopped)) {}
FileSource::FileSource(FileSource&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)), stopped_(std::move(other.stopped_)) {}
FileSource::~FileSource() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

base::Result<FileSource> FileSource::open(const std::string& path, std::function<bool()> stopped) {
  if (path == "-") return FileSource(STDIN_FILENO, "standard input", std::move(stopped));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return base::fail(code_of(errno), "cannot read it: " + std::generic_category().message(errno),
                      "name a pcap or pcapng file, or - for standard input", path);
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return FileSource(fd, path, std::move(stopped));
}

base::Result<std::size_t> FileSource::read(std::span<std::byte> room) {
  while (true) {
    const ssize_t count = ::read(fd_, room.data(), room.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR && stopped_ && stopped_()) return 0;
    if (errno == EINTR) continue;
    return base::fail(code_of(errno), "cannot read it: " + std::generic_category().message(errno), "", name_);
  }
}

bool FileSource::is_same_file(const std::string& path) const {
  struct stat ours{};
  struct stat other{};
  if (::fstat(fd_, &ours) != 0 || ::stat(path.c_str(), &other) != 0) return false;
  return S_ISREG(ours.st_mode) && ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

bool InputBuffer::discard(std::uint64_t count) {
  while (count > 0) {
    if (!have(1)) return false;
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(count, left()));
    consume(step);
    count -= step;
  }
  return true;
}

bool InputBuffer::fill(std::size_t count) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, left());
    before_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < count) buffer_.resize(count);
  while (end_ < count && !ended_) {
    const auto got = source_.read(std::span(buffer_).subspan(end_));
    if (!got) error_ = got.error();
    ended_ = !got || *got == 0;
    end_ += got.value_or(0);
    if (end_ == buffer_.size() && end_ < kBytes) buffer_.resize(std::min(4 * end_, kBytes));
  }
  return end_ >= count;
}

}  // namespace superspan::offline
