// SPDX-License-Identifier: Apache-2.0
// Checked access to bytes from outside. Reading past the end never touches memory: the reader turns bad and stays bad,
// every later read yields zero, and the caller asks ok() once at the end. All integers are big-endian (network order)
// unless the name says le.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace superspan::base {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

// Reads forward over borrowed bytes. The bytes must outlive the reader. Not thread-safe.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return ok_ ? bytes_.size() - offset_ : 0; }

  std::uint8_t u8() { return integer<std::uint8_t>(); }
  std::uint16_t be16() { return integer<std::uint16_t>(); }
  std::uint32_t be32() { return integer<std::uint32_t>(); }
  std::uint64_t be64() { return integer<std::uint64_t>(); }

  // The next `count` bytes, or an empty view (and a bad reader) if there are fewer.
  BytesView take(std::size_t count) {
    if (!claim(count)) return {};
    return bytes_.subspan(offset_ - count, count);
  }
  void skip(std::size_t count) { claim(count); }

 private:
  template <typename T>
  T integer() {
    if (!claim(sizeof(T))) return 0;
    T value = 0;
    for (std::size_t at = offset_ - sizeof(T); at < offset_; ++at) {
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) | std::to_integer<T>(bytes_[at]));
    }
    return value;
  }
  bool claim(std::size_t count) {
    if (!ok_ || bytes_.size() - offset_ < count) {
      ok_ = false;
      return false;
    }
    offset_ += count;
    return true;
  }

  BytesView bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

// Appends to an owned buffer.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_.push_back(static_cast<std::byte>(value)); }
  void be16(std::uint16_t value) { integer(value, sizeof(value)); }
  void be32(std::uint32_t value) { integer(value, sizeof(value)); }
  void be64(std::uint64_t value) { integer(value, sizeof(value)); }
  void bytes(BytesView view) { out_.insert(out_.end(), view.begin(), view.end()); }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{0}); }

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const Bytes& view() const { return out_; }
  // Leaves the writer empty, ready for the next bytes.
  [[nodiscard]] Bytes take() { return std::exchange(out_, {}); }

 private:
  void integer(std::uint64_t value, std::size_t width) {
    for (std::size_t shift = width; shift-- > 0;) out_.push_back(static_cast<std::byte>(value >> (8 * shift)));
  }
  Bytes out_;
};

[[nodiscard]] inline BytesView as_bytes(std::span<const std::uint8_t> view) {
  return std::as_bytes(view);
}

}  // namespace superspan::base
