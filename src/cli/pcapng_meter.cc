// SPDX-License-Identifier: Apache-2.0
#include "cli/pcapng_meter.h"

#include <algorithm>
#include <bit>

namespace superspan::cli {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // a palindrome: the same in both byte orders
constexpr std::uint32_t kMagicBigEndian = 0x1a2b3c4d;
constexpr std::uint32_t kMagicLittleEndian = 0x4d3c2b1a;  // as read big-endian
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kInterfaceStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kInterfaceName = 2;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint16_t kInterfaceDrop = 5;
constexpr std::uint16_t kSystemDrop = 7;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kLongestBlock = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kShortestBlock = 12;
constexpr std::size_t kInterfacesMax = 65'536;

std::unexpected<base::Error> not_pcapng() {
  return base::fail(base::ErrorCode::kInvalid, "the stream is not pcapng",
                    "are the command and the node of the same version? see `superspan version`");
}

// if_tsresol: a power of ten, or of two if the highest bit is set. Resolutions finer than a nanosecond are not ours.
std::uint64_t ticks_per_second(std::byte resolution) {
  const unsigned exponent = std::to_integer<unsigned>(resolution) & 0x7f;
  const unsigned base = (resolution & std::byte{0x80}) == std::byte{0} ? 10 : 2;
  std::uint64_t ticks = 1;
  for (unsigned step = 0; step < exponent && ticks <= kSecond; ++step) ticks *= base;
  return ticks;
}

}  // namespace

std::uint16_t PcapngMeter::order(std::uint16_t value) const {
  return little_endian_ ? std::byteswap(value) : value;
}
std::uint32_t PcapngMeter::order(std::uint32_t value) const {
  return little_endian_ ? std::byteswap(value) : value;
}
std::uint64_t PcapngMeter::order(std::uint64_t value) const {
  return little_endian_ ? std::byteswap(value) : value;
}

base::Result<PcapngMeter::Head> PcapngMeter::head(base::BytesView rest) {
  if (rest.size() < kShortestBlock) return Head{};
  base::ByteReader reader(rest);
  const std::uint32_t raw_type = reader.be32();
  const std::uint32_t raw_length = reader.be32();
  if (raw_type == kSectionHeader) {
    const std::uint32_t magic = reader.be32();
    if (magic != kMagicBigEndian && magic != kMagicLittleEndian) return not_pcapng();
    little_endian_ = magic == kMagicLittleEndian;
    in_section_ = true;
  }
  const std::size_t length = order(raw_length);
  if (!in_section_ || length < kShortestBlock || length % 4 != 0 || length > kLongestBlock) return not_pcapng();
  return rest.size() < length ? Head{} : Head{.type = order(raw_type), .length = length};
}

base::Result<base::BytesView> PcapngMeter::feed(base::BytesView chunk, const OnPacket& on_packet) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(given_));
  given_ = 0;
  buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
  const base::BytesView all(buffer_);
  while (true) {
    const auto next = head(all.subspan(given_));
    if (!next) return std::unexpected(next.error());
    if (next->length == 0) break;
    take(next->type, all.subspan(given_, next->length), on_packet);
    given_ += next->length;
  }
  return all.first(given_);
}

void PcapngMeter::take(std::uint32_t type, base::BytesView block, const OnPacket& on_packet) {
  const base::BytesView body = block.subspan(8, block.size() - kShortestBlock);
  if (type == kSectionHeader) {
    totals_ = totals();
    interfaces_.clear();
  }
  if (type == kInterfaceDescription) take_interface(body);
  if (type == kInterfaceStatistics) take_statistics(body);
  if (type == kEnhancedPacket) take_packet(body, on_packet);
}

template <typename Take>
void PcapngMeter::each_option(base::ByteReader& reader, const Take& take) const {
  while (reader.ok() && reader.remaining() >= 4) {
    const std::uint16_t code = order(reader.be16());
    const std::uint16_t length = order(reader.be16());
    const base::BytesView value = reader.take((std::size_t{length} + 3) / 4 * 4);
    if (reader.ok()) take(code, value.first(length));
  }
}

void PcapngMeter::take_interface(base::BytesView body) {
  if (interfaces_.size() >= kInterfacesMax) return;
  Interface interface;
  base::ByteReader reader(body);
  reader.skip(8);  // link type, reserved, snaplen
  each_option(reader, [&](std::uint16_t code, base::BytesView value) {
    if (code == kInterfaceName) {
      for (const std::byte byte : value) interface.name += static_cast<char>(byte);
    }
    if (code == kTimeResolution && value.size() == 1) interface.ticks_per_second = ticks_per_second(value[0]);
  });
  interfaces_.push_back(std::move(interface));
}

void PcapngMeter::take_packet(base::BytesView body, const OnPacket& on_packet) {
  base::ByteReader reader(body);
  const std::uint32_t number = order(reader.be32());
  const std::uint64_t high = order(reader.be32());
  const std::uint64_t ticks = (high << 32) | order(reader.be32());
  const std::uint32_t captured = order(reader.be32());
  const std::uint32_t wire = order(reader.be32());
  const base::BytesView frame = reader.take(captured);
  if (!reader.ok()) return;
  ++totals_.packets;
  totals_.bytes += captured;
  if (!on_packet || number >= interfaces_.size()) return;
  const std::uint64_t rate = interfaces_[number].ticks_per_second;
  const std::uint64_t time_ns = ticks / rate * kSecond + ticks % rate * kSecond / rate;
  on_packet({.interface = interfaces_[number].name, .time_ns = time_ns, .wire_bytes = wire, .frame = frame});
}

void PcapngMeter::take_statistics(base::BytesView body) {
  base::ByteReader reader(body);
  const std::uint32_t number = order(reader.be32());
  reader.skip(8);  // time
  std::uint64_t port = 0;
  std::uint64_t system = 0;
  each_option(reader, [&](std::uint16_t code, base::BytesView value) {
    base::ByteReader counter(value);
    if (value.size() != 8) return;
    if (code == kInterfaceDrop) port = order(counter.be64());
    if (code == kSystemDrop) system = order(counter.be64());
  });
  if (!reader.ok() || number >= interfaces_.size()) return;
  interfaces_[number].port_dropped = port;
  interfaces_[number].system_dropped = system;
}

CaptureTotals PcapngMeter::totals() const {
  CaptureTotals totals = totals_;
  std::uint64_t port = 0;
  for (const Interface& interface : interfaces_) {
    port = std::max(port, interface.port_dropped);
    totals.dropped += interface.system_dropped;
  }
  totals.dropped += port;
  return totals;
}

}  // namespace superspan::cli
