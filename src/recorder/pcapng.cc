// SPDX-License-Identifier: Apache-2.0
#include "recorder/pcapng.h"

#include <algorithm>
#include <array>

namespace superspan::recorder {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kInterfaceStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kLinkTypeEthernet = 1;
constexpr std::uint8_t kNanoseconds = 9;
constexpr std::size_t kOptionBytesMax = 65535;

// Option codes: section 3.5 (0, 1), 4.1 (section header), 4.2 (interface), 4.3 (packet), 4.6 (statistics).
constexpr std::uint16_t kEnd = 0;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kApplication = 4;
constexpr std::uint16_t kInterfaceName = 2;
constexpr std::uint16_t kInterfaceText = 3;
constexpr std::uint16_t kInterfaceResolution = 9;
constexpr std::uint16_t kInterfaceFilter = 11;
constexpr std::uint16_t kPacketDropCount = 4;
constexpr std::uint16_t kStatisticsStart = 2;
constexpr std::uint16_t kStatisticsEnd = 3;
constexpr std::uint16_t kStatisticsReceived = 4;
constexpr std::uint16_t kStatisticsDeviceDropped = 5;
constexpr std::uint16_t kStatisticsAccepted = 6;
constexpr std::uint16_t kStatisticsOsDropped = 7;
constexpr std::uint16_t kStatisticsDelivered = 8;

constexpr std::size_t padding(std::size_t bytes) {
  return (4 - bytes % 4) % 4;
}

// At most `limit` bytes of UTF-8 text, cut before a character and not in it.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

// One block: the constructor writes type and a length to be filled in, finish() the length at both ends (section 3.1).
class Block {
 public:
  Block(base::Bytes& out, std::uint32_t type) : out_(out), start_(out.size()) {
    u32(type);
    u32(0);
  }
  void u8(std::uint8_t value) { integer(value); }
  void u16(std::uint16_t value) { integer(value); }
  void u32(std::uint32_t value) { integer(value); }
  void u64(std::uint64_t value) { integer(value); }
  // Timestamps: upper 32 bits first, whatever the byte order (section 4.3).
  void time(base::WallTime value) {
    const auto ticks = static_cast<std::uint64_t>(value.time_since_epoch().count());
    u32(static_cast<std::uint32_t>(ticks >> 32));
    u32(static_cast<std::uint32_t>(ticks));
  }
  void padded(base::BytesView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    out_.resize(out_.size() + padding(bytes.size()));
  }

  void option(std::uint16_t code, std::size_t bytes) {
    u16(code);
    u16(static_cast<std::uint16_t>(bytes));
    options_ = true;
  }
  void text_option(std::uint16_t code, std::string_view text) {
    if (text.empty()) return;
    const std::string_view kept = cut(text, kOptionBytesMax);
    option(code, kept.size());
    padded(std::as_bytes(std::span(kept)));
  }
  void u64_option(std::uint16_t code, std::uint64_t value) {
    option(code, sizeof(value));
    u64(value);
  }
  void time_option(std::uint16_t code, base::WallTime value) {
    option(code, sizeof(std::uint64_t));
    time(value);
  }

  void finish() {
    if (options_) option(kEnd, 0);
    const auto length = static_cast<std::uint32_t>(out_.size() - start_ + sizeof(std::uint32_t));
    u32(length);
    store(start_ + sizeof(std::uint32_t), length);
  }

 private:
  template <typename T>
  void integer(T value) {
    out_.resize(out_.size() + sizeof(T));
    store(out_.size() - sizeof(T), value);
  }
  template <typename T>
  void store(std::size_t at, T value) {
    for (std::size_t index = 0; index < sizeof(T); ++index) {
      out_[at + index] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * index));
    }
  }

  base::Bytes& out_;
  std::size_t start_;
  bool options_ = false;
};

}  // namespace

void PcapngWriter::section(std::string_view comment, std::string_view application) {
  interfaces_ = 0;
  Block block(out_, kSectionHeader);
  block.u32(kByteOrderMagic);
  block.u16(1);  // version 1.0
  block.u16(0);
  block.u64(~std::uint64_t{0});  // section length: not specified
  block.text_option(kComment, comment);
  block.text_option(kApplication, application);
  block.finish();
}

std::uint32_t PcapngWriter::interface(const InterfaceBlock& interface) {
  Block block(out_, kInterfaceDescription);
  block.u16(kLinkTypeEthernet);
  block.u16(0);
  block.u32(interface.snaplen);
  block.text_option(kInterfaceName, interface.name);
  block.text_option(kInterfaceText, interface.description);
  block.option(kInterfaceResolution, 1);
  const std::array resolution{static_cast<std::byte>(kNanoseconds)};
  block.padded(resolution);
  if (!interface.filter.empty()) {
    const std::string coded = std::string(1, '\0') + interface.filter;  // code 0: a string as the user wrote it
    block.text_option(kInterfaceFilter, coded);
  }
  block.finish();
  return interfaces_++;
}

void PcapngWriter::packet(const PacketBlock& packet) {
  Block block(out_, kEnhancedPacket);
  block.u32(packet.interface);
  block.time(packet.time);
  block.u32(static_cast<std::uint32_t>(packet.bytes.size()));
  block.u32(packet.original_length);
  block.padded(packet.bytes);
  block.text_option(kComment, packet.comment);
  if (packet.lost_before > 0) block.u64_option(kPacketDropCount, packet.lost_before);
  block.finish();
}

void PcapngWriter::statistics(const StatisticsBlock& statistics) {
  Block block(out_, kInterfaceStatistics);
  block.u32(statistics.interface);
  block.time(statistics.end);
  block.text_option(kComment, statistics.comment);
  block.time_option(kStatisticsStart, statistics.start);
  block.time_option(kStatisticsEnd, statistics.end);
  block.u64_option(kStatisticsReceived, statistics.received);
  block.u64_option(kStatisticsDeviceDropped, statistics.device_dropped);
  block.u64_option(kStatisticsAccepted, statistics.accepted);
  block.u64_option(kStatisticsOsDropped, statistics.os_dropped);
  block.u64_option(kStatisticsDelivered, statistics.delivered);
  block.finish();
}

}  // namespace superspan::recorder
