// SPDX-License-Identifier: Apache-2.0
// The blocks of pcapng; section numbers are those of draft-ietf-opsawg-pcapng.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "net/field.h"
#include "offline/capture_fields.h"
#include "offline/capture_reader.h"

namespace superspan::offline {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

constexpr std::size_t kBlockHeaderBytes = 8;      // type and length
constexpr std::size_t kBlockOverheadBytes = 12;   // and the length again at the end
constexpr std::size_t kBlockBytesMax = 16 << 20;  // longer blocks are skipped, or refused if they are needed
constexpr std::size_t kInterfacesMax = 65'536;    // of one section

constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kName = 2;
constexpr std::uint16_t kDescription = 3;
constexpr std::uint16_t kDropCount = 4;
constexpr std::uint16_t kResolution = 9;
constexpr std::uint16_t kFilter = 11;
constexpr std::uint16_t kTimeOffset = 14;
constexpr std::uint16_t kDropsUnknown = 0xffff;  // in the obsolete packet block

std::string text_of(base::BytesView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

bool is_needed(std::uint32_t type) {
  return type == kSectionHeader || type == kInterfaceDescription || type == kObsoletePacket || type == kSimplePacket ||
         type == kEnhancedPacket;
}

bool is_block_length(std::uint32_t length) {
  return length >= kBlockOverheadBytes && length % 4 == 0;
}

}  // namespace

base::Result<bool> CaptureReader::next_pcapng(CaptureFrame& frame) {
  while (true) {
    if (!input_->have(kBlockOverheadBytes)) {
      if (input_->left() == 0 && !input_->error()) return false;
      if (input_->error() || input_->left() < kBlockHeaderBytes) return cut_off();
      // Not even a whole block's frame: cut off, unless the length that is there is none.
      const base::BytesView rest = input_->view(kBlockHeaderBytes);
      const std::uint32_t type = Fields(rest, little_).u32();
      const std::uint32_t length = Fields(rest.subspan(4), little_).u32();
      if (type == kSectionHeader || is_block_length(length)) return cut_off();
      return damaged(fmt::format("a block of type {} claims {} bytes", type, length));
    }
    const base::BytesView head = input_->view(kBlockOverheadBytes);
    std::uint32_t type = Fields(head, little_).u32();
    if (type == kSectionHeader) {  // its length is in the byte order that it declares
      const std::uint32_t order = Fields(head.subspan(kBlockHeaderBytes), true).u32();
      if (order != kByteOrderMagic && order != std::byteswap(kByteOrderMagic)) {
        return damaged("a section has no byte-order magic");
      }
      little_ = order == kByteOrderMagic;
    }
    const std::uint32_t length = Fields(head.subspan(4), little_).u32();
    if (!is_block_length(length)) {
      return damaged(fmt::format("a block of type {} claims {} bytes", type, length));
    }
    if (length > kBlockBytesMax && is_needed(type)) {
      return damaged(fmt::format("a block of type {} claims {} bytes, more than {}", type, length, kBlockBytesMax));
    }
    if (length > kBlockBytesMax) {
      if (auto status = skip_block(length); !status) return std::unexpected(status.error());
      continue;
    }
    if (!input_->have(length)) return cut_off();
    const base::BytesView block = input_->view(length);
    if (Fields(block.last(4), little_).u32() != length) return damaged("the two lengths of a block differ");
    const Fields body(block.subspan(kBlockHeaderBytes, length - kBlockOverheadBytes), little_);
    const bool packet = is_needed(type) && type != kSectionHeader && type != kInterfaceDescription;
    const base::Status status = packet                          ? read_packet(type, body, frame)
                                : type == kSectionHeader        ? read_section(block)
                                : type == kInterfaceDescription ? read_interface(body)
                                                                : base::Status{};
    if (!status) return std::unexpected(status.error());
    if (packet) {
      consumed_later_ = length;
      return true;
    }
    input_->consume(length);
  }
}

base::Status CaptureReader::skip_block(std::uint64_t length) {
  if (!input_->discard(length - 4) || !input_->have(4)) return cut_off();
  if (Fields(input_->view(4), little_).u32() != length) return damaged("the two lengths of a block differ");
  input_->consume(4);
  return {};
}

// Section 4.1.
base::Status CaptureReader::read_section(base::BytesView block) {
  Fields body(block.subspan(kBlockHeaderBytes, block.size() - kBlockOverheadBytes), little_);
  body.u32();  // the byte-order magic
  const std::uint16_t major = body.u16();
  body.u16();
  body.u64();  // the section's length, which need not be told
  if (!body.ok()) return damaged("a section header is too short");
  if (major != 1) return damaged(fmt::format("a section of version {}, not 1", major));
  ++section_;
  section_comment_.clear();
  interfaces_.clear();
  resolutions_.clear();
  body.options([&](std::uint16_t code, base::BytesView value) {
    if (code == kComment) section_comment_ += (section_comment_.empty() ? "" : "\n") + text_of(value);
  });
  return {};
}

// Section 4.2.
base::Status CaptureReader::read_interface(Fields body) {
  CaptureInterface interface;
  Resolution resolution{.ticks = 1'000'000, .offset_s = 0};
  interface.link_type = body.u16();
  body.u16();
  interface.snaplen = body.u32();
  if (!body.ok()) return damaged("an interface description is too short");
  if (interfaces_.size() >= kInterfacesMax) return damaged("too many interfaces");
  if (auto status = read_interface_options(body, interface, resolution); !status) return status;
  interfaces_.push_back(std::move(interface));
  resolutions_.push_back(resolution);
  return {};
}

base::Status CaptureReader::read_interface_options(Fields body, CaptureInterface& interface, Resolution& resolution) {
  bool known = true;
  body.options([&](std::uint16_t code, base::BytesView value) {
    if (code == kName) interface.name = text_of(value);
    if (code == kDescription) interface.description = text_of(value);
    if (code == kFilter && !value.empty()) interface.filter = text_of(value.subspan(1));
    if (code == kTimeOffset && value.size() == 8) {
      resolution.offset_s = static_cast<std::int64_t>(Fields(value, body.little()).u64());
    }
    if (code == kResolution && value.size() == 1) {
      const auto byte = std::to_integer<unsigned>(value.front());
      const unsigned power = byte & 0x7f;
      const bool binary = (byte & 0x80) != 0;
      known = known && power <= (binary ? 63U : 19U);
      resolution.ticks = binary ? std::uint64_t{1} << (power & 63) : 1;
      for (unsigned count = 0; !binary && count < std::min(power, 19U); ++count) resolution.ticks *= 10;
    }
  });
  if (!known) return damaged("an interface has a time resolution finer than 10^-19 s or 2^-63 s");
  return {};
}

// Sections 4.3, 4.4 and appendix A (obsolete packet block).
base::Status CaptureReader::read_packet(std::uint32_t type, Fields body, CaptureFrame& frame) {
  frame.interface = 0;
  frame.lost_before = 0;
  frame.comment = {};
  std::uint64_t ticks = 0;
  std::uint32_t captured = 0;
  if (type == kObsoletePacket) {
    frame.interface = body.u16();
    const std::uint16_t drops = body.u16();
    if (drops != kDropsUnknown) frame.lost_before = drops;
  } else if (type == kEnhancedPacket) {
    frame.interface = body.u32();
  }
  if (type != kSimplePacket) {
    ticks = body.ticks();
    captured = body.u32();
  }
  frame.original_length = body.u32();
  if (!body.ok()) return damaged("a packet block is too short");
  if (frame.interface >= interfaces_.size()) {
    return damaged(fmt::format("a packet of interface {}, which is not described", frame.interface));
  }
  const CaptureInterface& interface = interfaces_[frame.interface];
  const std::uint32_t limit =
      interface.snaplen == 0 || interface.snaplen > kCapturedBytesMax ? kCapturedBytesMax : interface.snaplen;
  if (type == kSimplePacket) captured = std::min(frame.original_length, limit);
  if (captured > limit) {
    return damaged(fmt::format("a packet claims {} captured bytes, more than {}", captured, limit));
  }
  if (captured > body.remaining()) return damaged("a packet claims more bytes than its block has");
  if (auto status = require_ethernet(interface.link_type); !status) return status;
  frame.bytes = body.padded(captured);
  frame.time = type == kSimplePacket ? base::WallTime{} : time_of(ticks, resolutions_[frame.interface]);
  if (type != kSimplePacket && body.remaining() >= 4) {
    packet_comment_.clear();
    body.options([&](std::uint16_t code, base::BytesView value) {
      if (code == kComment) packet_comment_ += (packet_comment_.empty() ? "" : "\n") + text_of(value);
      if (code == kDropCount && value.size() == 8) frame.lost_before = Fields(value, body.little()).u64();
    });
    frame.comment = packet_comment_;
  }
  return {};
}

// Modulo 2^64 ns, so that times which no clock shows come out as they went in.
base::WallTime CaptureReader::time_of(std::uint64_t ticks, const Resolution& resolution) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const std::uint64_t seconds = ticks / resolution.ticks + static_cast<std::uint64_t>(resolution.offset_s);
  const net::U128 fraction = net::U128{ticks % resolution.ticks} * kNanoseconds / resolution.ticks;
  const std::uint64_t time_ns = seconds * kNanoseconds + static_cast<std::uint64_t>(fraction);
  return base::WallTime{base::Duration{static_cast<std::int64_t>(time_ns)}};
}

}  // namespace superspan::offline
