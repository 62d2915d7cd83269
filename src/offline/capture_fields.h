// SPDX-License-Identifier: Apache-2.0
// Integers in the byte order of a capture. Internal to the reader.
#pragma once

#include <bit>

#include "offline/capture_reader.h"

namespace superspan::offline {

// As base::ByteReader: past the end all is zero, and ok() says so.
class CaptureReader::Fields {
 public:
  Fields(base::BytesView bytes, bool little) : reader_(bytes), little_(little) {}

  std::uint16_t u16() { return little_ ? std::byteswap(reader_.be16()) : reader_.be16(); }
  std::uint32_t u32() { return little_ ? std::byteswap(reader_.be32()) : reader_.be32(); }
  std::uint64_t u64() { return little_ ? std::byteswap(reader_.be64()) : reader_.be64(); }
  // The upper half comes first in either order.
  std::uint64_t ticks() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  base::BytesView take(std::size_t count) { return reader_.take(count); }
  // `count` bytes, and what fills them up to a multiple of four.
  base::BytesView padded(std::size_t count) {
    const base::BytesView bytes = reader_.take(count);
    reader_.skip(std::min((4 - count % 4) % 4, reader_.remaining()));
    return bytes;
  }
  [[nodiscard]] bool ok() const { return reader_.ok(); }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }
  [[nodiscard]] bool little() const { return little_; }

  // Calls on_option(code, value) for each pcapng option (section 3.5). Stops quietly at one that does not fit.
  template <typename OnOption>
  void options(OnOption on_option) {
    while (remaining() >= 4) {
      const std::uint16_t code = u16();
      const base::BytesView value = padded(u16());
      if (code == 0 || !ok()) return;
      on_option(code, value);
    }
  }

 private:
  base::ByteReader reader_;
  bool little_;
};

}  // namespace superspan::offline
