// SPDX-License-Identifier: Apache-2.0
// What the tests of offline share: captures as bytes, tcpdump as judge.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "offline/capture_reader.h"

namespace superspan::offline::test {

inline bool has_tcpdump() {
  return std::system("command -v tcpdump > /dev/null") == 0;
}

// Integers in either byte order.
class CaptureBytes {
 public:
  explicit CaptureBytes(bool little = true) : little_(little) {}
  CaptureBytes& u16(std::uint16_t value) { return integer(value, 2); }
  CaptureBytes& u32(std::uint32_t value) { return integer(value, 4); }
  CaptureBytes& bytes(base::BytesView view) {
    out_.insert(out_.end(), view.begin(), view.end());
    return *this;
  }
  CaptureBytes& zeros(std::size_t count) {
    out_.resize(out_.size() + count);
    return *this;
  }
  [[nodiscard]] const base::Bytes& view() const { return out_; }

  CaptureBytes& pcap_header(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t snaplen = 262'144, std::uint32_t link = 1) {
    return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snaplen).u32(link);
  }
  CaptureBytes& record(std::uint32_t seconds, std::uint32_t fraction, base::BytesView frame,
                       std::uint32_t original = 0) {
    const auto captured = static_cast<std::uint32_t>(frame.size());
    return u32(seconds).u32(fraction).u32(captured).u32(original == 0 ? captured : original).bytes(frame);
  }
  // A pcapng block around a body of a multiple of four bytes.
  CaptureBytes& block(std::uint32_t type, const base::Bytes& body) {
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    return u32(type).u32(length).bytes(body).u32(length);
  }
  CaptureBytes& section() {
    return block(0x0a0d0d0a,
                 CaptureBytes(little_).u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff).view());
  }
  CaptureBytes& interface(std::uint16_t link = 1, std::uint32_t snaplen = 0, const base::Bytes& options = {}) {
    return block(1, CaptureBytes(little_).u16(link).u16(0).u32(snaplen).bytes(options).view());
  }
  CaptureBytes& enhanced(std::uint32_t interface, std::uint64_t ticks, base::BytesView frame) {
    const auto captured = static_cast<std::uint32_t>(frame.size());
    CaptureBytes body(little_);
    body.u32(interface).u32(static_cast<std::uint32_t>(ticks >> 32)).u32(static_cast<std::uint32_t>(ticks));
    body.u32(captured).u32(captured).bytes(frame).zeros((4 - captured % 4) % 4);
    return block(6, body.view());
  }

 private:
  CaptureBytes& integer(std::uint32_t value, unsigned width) {
    for (unsigned at = 0; at < width; ++at) {
      out_.push_back(static_cast<std::byte>(value >> (8 * (little_ ? at : width - 1 - at))));
    }
    return *this;
  }
  bool little_;
  base::Bytes out_;
};

inline base::Bytes read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  base::Bytes bytes;
  for (std::istreambuf_iterator<char> at(stream), end; at != end; ++at) bytes.push_back(static_cast<std::byte>(*at));
  return bytes;
}
inline void write_file(const std::filesystem::path& path, const base::Bytes& bytes) {
  std::ofstream stream(path, std::ios::binary);
  for (const std::byte byte : bytes) stream.put(static_cast<char>(byte));
}

struct ReadPacket {
  std::int64_t time_ns = 0;
  std::uint32_t original_length = 0;
  base::Bytes bytes;
  std::string interface;
  std::string comment;
  std::uint64_t lost = 0;
  friend bool operator==(const ReadPacket&, const ReadPacket&) = default;
};
struct ReadCapture {
  std::vector<ReadPacket> packets;
  std::string error;  // rendered
  std::string comment;
};

inline ReadCapture read_all(base::BytesView bytes) {
  ReadCapture all;
  MemorySource source(bytes);
  auto reader = CaptureReader::open(source, "in");
  if (!reader) return {.packets = {}, .error = base::render(reader.error()), .comment = {}};
  CaptureFrame frame;
  while (true) {
    const auto more = reader->next(frame);
    if (!more) all.error = base::render(more.error());
    all.comment = reader->section_comment();
    if (!more || !*more) return all;
    all.packets.push_back({.time_ns = frame.time.time_since_epoch().count(),
                           .original_length = frame.original_length,
                           .bytes = {frame.bytes.begin(), frame.bytes.end()},
                           .interface = reader->interfaces()[frame.interface].name,
                           .comment = std::string(frame.comment),
                           .lost = frame.lost_before});
  }
}

}  // namespace superspan::offline::test
