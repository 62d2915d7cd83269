// SPDX-License-Identifier: Apache-2.0
#include "recorder/pcapng_reader.h"

#include <bit>
#include <optional>

namespace superspan::recorder {
namespace {

// Options in file order; values are borrowed.
struct Option {
  std::uint16_t code;
  base::BytesView value;
};

class LittleEndianReader {
 public:
  explicit LittleEndianReader(base::BytesView bytes) : reader_(bytes) {}
  std::uint16_t u16() { return std::byteswap(reader_.be16()); }
  std::uint32_t u32() { return std::byteswap(reader_.be32()); }
  std::uint64_t u64() { return std::byteswap(reader_.be64()); }
  base::WallTime time() {
    const std::uint64_t high = u32();
    return base::WallTime{base::Duration{static_cast<std::int64_t>(high << 32 | u32())}};
  }
  base::BytesView padded(std::size_t count) {
    const base::BytesView bytes = reader_.take(count);
    reader_.skip((4 - count % 4) % 4);
    return bytes;
  }
  // Until opt_endofopt or the end of the block; nothing if an option does not fit in the block.
  std::optional<std::vector<Option>> options() {
    std::vector<Option> found;
    while (reader_.ok() && reader_.remaining() > 0) {
      const std::uint16_t code = u16();
      const std::uint16_t length = u16();
      if (code == 0) break;
      found.push_back({code, padded(length)});
    }
    if (!reader_.ok()) return std::nullopt;
    return found;
  }
  [[nodiscard]] bool ok() const { return reader_.ok(); }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }

 private:
  base::ByteReader reader_;
};

std::string text(base::BytesView bytes) {
  std::string result;
  for (const std::byte byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}

std::uint64_t number(base::BytesView bytes) {
  return LittleEndianReader(bytes).u64();
}
base::WallTime time_of(base::BytesView bytes) {
  return LittleEndianReader(bytes).time();
}

class Parser {
 public:
  // False if the body contradicts the format.
  bool block(std::uint32_t type, base::BytesView body) {
    LittleEndianReader reader(body);
    switch (type) {
      case 0x0a0d0d0a:
        return section(reader);
      case 1:
        return interface(reader);
      case 5:
        return statistics(reader);
      case 6:
        return packet(reader);
      default:
        return true;
    }
  }
  PcapngContents contents;

 private:
  bool section(LittleEndianReader& reader) {
    const bool known = reader.u32() == 0x1a2b3c4d && reader.u16() == 1;
    reader.u16();
    reader.u64();
    const auto options = reader.options();
    if (!known || !options) return false;
    first_interface_ = contents.interfaces.size();
    contents.section_comments.emplace_back();
    contents.applications.emplace_back();
    for (const Option& option : *options) {
      if (option.code == 1) contents.section_comments.back() = text(option.value);
      if (option.code == 4) contents.applications.back() = text(option.value);
    }
    return true;
  }

  bool interface(LittleEndianReader& reader) {
    ReadInterface found;
    const bool ethernet = reader.u16() == 1;
    reader.u16();
    found.snaplen = reader.u32();
    const auto options = reader.options();
    if (!ethernet || !options) return false;
    bool nanoseconds = false;
    for (const Option& option : *options) {
      if (option.code == 2) found.name = text(option.value);
      if (option.code == 3) found.description = text(option.value);
      if (option.code == 9) nanoseconds = option.value.size() == 1 && option.value[0] == std::byte{9};
      if (option.code == 11 && !option.value.empty()) found.filter = text(option.value.subspan(1));
    }
    contents.interfaces.push_back(std::move(found));
    return nanoseconds;
  }

  bool packet(LittleEndianReader& reader) {
    ReadPacket found;
    const auto interface = interface_index(reader.u32());
    found.time = reader.time();
    const std::uint32_t captured = reader.u32();
    found.original_length = reader.u32();
    found.bytes = reader.padded(captured);
    const auto options = reader.options();
    if (!interface || !options) return false;
    found.interface = *interface;
    for (const Option& option : *options) {
      if (option.code == 1) found.comment = text(option.value);
      if (option.code == 4) found.lost_before = number(option.value);
    }
    contents.packets.push_back(std::move(found));
    return true;
  }

  bool statistics(LittleEndianReader& reader) {
    ReadStatistics found;
    const auto interface = interface_index(reader.u32());
    reader.time();
    const auto options = reader.options();
    if (!interface || !options) return false;
    found.interface = *interface;
    for (const Option& option : *options) {
      if (option.code == 1) found.comment = text(option.value);
      if (option.code == 2) found.start = time_of(option.value);
      if (option.code == 3) found.end = time_of(option.value);
      if (option.code == 4) found.received = number(option.value);
      if (option.code == 5) found.device_dropped = number(option.value);
      if (option.code == 6) found.accepted = number(option.value);
      if (option.code == 7) found.os_dropped = number(option.value);
      if (option.code == 8) found.delivered = number(option.value);
    }
    contents.statistics.push_back(std::move(found));
    return true;
  }

  [[nodiscard]] std::optional<std::uint32_t> interface_index(std::uint32_t in_section) const {
    const std::size_t index = first_interface_ + in_section;
    if (index >= contents.interfaces.size()) return std::nullopt;
    return static_cast<std::uint32_t>(index);
  }

  std::size_t first_interface_ = 0;
};

constexpr std::size_t kBlockOverhead = 12;  // type and both lengths

}  // namespace

base::Result<PcapngContents> read_pcapng(base::BytesView file) {
  Parser parser;
  std::size_t offset = 0;
  const auto contradiction = [&](const char* what) {
    return base::fail(base::ErrorCode::kInvalid, what, "the file is damaged or is not a superspan recording",
                      "byte " + std::to_string(offset));
  };
  while (file.size() - offset >= kBlockOverhead) {
    LittleEndianReader head(file.subspan(offset));
    const std::uint32_t type = head.u32();
    const std::uint32_t length = head.u32();
    if (length < kBlockOverhead || length % 4 != 0) return contradiction("block length is impossible");
    if (length > file.size() - offset) break;
    if (offset == 0 && type != 0x0a0d0d0a) return contradiction("no section header");
    if (LittleEndianReader(file.subspan(offset + length - 4)).u32() != length) {
      return contradiction("the two lengths of a block differ");
    }
    if (!parser.block(type, file.subspan(offset + 8, length - kBlockOverhead))) {
      return contradiction("block contradicts the format");
    }
    offset += length;
  }
  parser.contents.whole_blocks_bytes = offset;
  return std::move(parser.contents);
}

}  // namespace superspan::recorder
