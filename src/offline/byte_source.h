// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a capture come from, and a window over them that slides forward.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::offline {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills the front of `room` (not empty); the number of bytes, 0 at the end.
  [[nodiscard]] virtual base::Result<std::size_t> read(std::span<std::byte> room) = 0;
};

// Bytes in memory; they must outlive the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(base::BytesView bytes) : bytes_(bytes) {}
  [[nodiscard]] base::Result<std::size_t> read(std::span<std::byte> room) override;

 private:
  base::BytesView bytes_;
};

// A file, or standard input. Closes what it has opened.
class FileSource final : public ByteSource {
 public:
  // "-" is standard input. `stopped` is asked when a signal interrupts a read: true ends the input there. Errors:
  // kNotFound, kDenied, kInvalid; place: the path.
  [[nodiscard]] static base::Result<FileSource> open(const std::string& path, std::function<bool()> stopped);
  FileSource(FileSource&& other) noexcept;
  FileSource& operator=(FileSource&&) = delete;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override;

  [[nodiscard]] base::Result<std::size_t> read(std::span<std::byte> room) override;
  // True if `path` names this very file, so that writing there would destroy the input.
  [[nodiscard]] bool is_same_file(const std::string& path) const;

 private:
  FileSource(int fd, std::string name, std::function<bool()> stopped);
  int fd_;
  std::string name_;
  std::function<bool()> stopped_;
};

// The next bytes of a source as one piece. Memory: the longest piece that was asked for, or 256 KiB.
class InputBuffer {
 public:
  explicit InputBuffer(ByteSource& source) : source_(source), buffer_(kFirstBytes) {}

  // True if `count` more bytes are there; they begin at view(). False at the end and after an error of the source.
  [[nodiscard]] bool have(std::size_t count) { return end_ - begin_ >= count || fill(count); }
  // `count` bytes for which have() was true; valid until the next call of have() or discard().
  [[nodiscard]] base::BytesView view(std::size_t count) const {
    return base::BytesView(buffer_).subspan(begin_, count);
  }
  // Steps over `count` bytes for which have() was true.
  void consume(std::size_t count) { begin_ += count; }
  // Steps over bytes that nobody needs, however many. False if there are fewer.
  [[nodiscard]] bool discard(std::uint64_t count);

  [[nodiscard]] std::size_t left() const { return end_ - begin_; }         // bytes at hand
  [[nodiscard]] std::uint64_t offset() const { return before_ + begin_; }  // of view() in the input
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  static constexpr std::size_t kFirstBytes = 4096;  // grows as long as reads fill it
  static constexpr std::size_t kBytes = std::size_t{256} << 10;
  [[nodiscard]] bool fill(std::size_t count);

  ByteSource& source_;
  base::Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t before_ = 0;  // input offset of buffer_[0]
  bool ended_ = false;
  std::optional<base::Error> error_;
};

}  // namespace superspan::offline
