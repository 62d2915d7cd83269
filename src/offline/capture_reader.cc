// SPDX-License-Identifier: Apache-2.0
#include "offline/capture_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "offline/capture_fields.h"
#include "offline/link_types.h"

namespace superspan::offline {
namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kPcapHeaderBytes = 24;
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in either byte order
constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kLongHeaders = 0xa1b2cd34;   // microseconds, record headers with 8 more bytes
constexpr std::uint32_t kLinkTypeBits = 0x03ffffff;  // the others tell of frame check sequences

bool is_pcap_magic(std::uint32_t magic) {
  return magic == kMicroseconds || magic == kNanoseconds || magic == kLongHeaders;
}

}  // namespace

CaptureReader::CaptureReader(ByteSource& source, std::string name)
    : input_(std::make_unique<InputBuffer>(source)), name_(std::move(name)) {}

std::unexpected<base::Error> CaptureReader::damaged(const std::string& what) const {
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("damaged at byte {}, behind packet {}: {}", input_->offset(), packets_, what),
                    "what stands before has been read; `capinfos` or `pcapfix` tell more", name_);
}

std::unexpected<base::Error> CaptureReader::cut_off() const {
  if (input_->error()) return std::unexpected(*input_->error());
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("cut off at byte {}, in the middle of what follows packet {}",
                                input_->offset() + input_->left(), packets_),
                    "what stands before has been read; the program that wrote the file was stopped too early", name_);
}

base::Status CaptureReader::require_ethernet(std::uint32_t link_type) const {
  if (link_type == kLinkEthernet) return {};
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("the link type is {}, not Ethernet", link_type_name(link_type)),
                    "capture on an Ethernet device (tcpdump -i eth0, not -i any)", name_);
}

base::Result<CaptureReader> CaptureReader::open(ByteSource& source, std::string name) {
  CaptureReader reader(source, std::move(name));
  const auto not_a_capture = [&](const char* what) {
    if (reader.input_->error()) return std::unexpected(*reader.input_->error());
    return base::fail(base::ErrorCode::kInvalid, what, "name a file that tcpdump, dumpcap or superspan has written",
                      reader.name_);
  };
  if (!reader.input_->have(kMagicBytes)) {
    return not_a_capture(reader.input_->left() == 0 ? "the file is empty" : "not a capture: the file is too short");
  }
  std::uint32_t magic = Fields(reader.input_->view(kMagicBytes), false).u32();
  if (magic == kSectionHeader) {
    reader.format_ = Format::kPcapng;
    if (!reader.input_->have(12)) return not_a_capture("not a capture: the file is too short");
    return reader;
  }
  reader.little_ = !is_pcap_magic(magic);
  if (reader.little_) magic = std::byteswap(magic);
  if (!is_pcap_magic(magic)) return not_a_capture("not a capture: it begins neither as pcap nor as pcapng");
  reader.unit_ = magic == kNanoseconds ? TimeUnit::kNanoseconds : TimeUnit::kMicroseconds;
  reader.record_header_bytes_ = magic == kLongHeaders ? 24 : 16;
  if (!reader.input_->have(kPcapHeaderBytes)) return not_a_capture("not a capture: the file is too short");
  if (auto status = reader.open_pcap(reader.input_->view(kPcapHeaderBytes)); !status) {
    return std::unexpected(status.error());
  }
  reader.input_->consume(kPcapHeaderBytes);
  return reader;
}

base::Status CaptureReader::open_pcap(base::BytesView header) {
  Fields fields(header.subspan(kMagicBytes), little_);
  const std::uint16_t major = fields.u16();
  const std::uint16_t minor = fields.u16();
  fields.u64();  // time zone and accuracy, never used
  const std::uint32_t snaplen = fields.u32();
  const std::uint32_t link_field = fields.u32();
  const std::uint32_t link_type = link_field & kLinkTypeBits;
  check_sequence_bits_ = link_field & ~kLinkTypeBits;
  if (major != 2) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("a pcap of version {}.{}, not 2.x", major, minor),
                      "convert it with editcap", name_);
  }
  lengths_may_be_swapped_ = minor == 3;
  interfaces_.push_back({.name = "", .description = "", .filter = "", .snaplen = snaplen, .link_type = link_type});
  section_ = 1;
  return require_ethernet(link_type);
}

base::Result<bool> CaptureReader::next(CaptureFrame& frame) {
  input_->consume(std::exchange(consumed_later_, 0));
  auto got = format_ == Format::kPcap ? next_pcap(frame) : next_pcapng(frame);
  if (got && *got) ++packets_;
  return got;
}

base::Result<bool> CaptureReader::next_pcap(CaptureFrame& frame) {
  if (!input_->have(record_header_bytes_)) {
    if (input_->left() == 0 && !input_->error()) return false;
    return cut_off();
  }
  Fields header(input_->view(record_header_bytes_), little_);
  const std::uint64_t seconds = header.u32();
  const std::uint64_t fraction = header.u32();
  std::uint32_t captured = header.u32();
  frame.original_length = header.u32();
  if (lengths_may_be_swapped_ && captured > frame.original_length) std::swap(captured, frame.original_length);
  if (captured > kCapturedBytesMax) {
    return damaged(fmt::format("a packet claims {} captured bytes, more than {}", captured, kCapturedBytesMax));
  }
  const std::size_t record_bytes = record_header_bytes_ + captured;
  if (!input_->have(record_bytes)) return cut_off();
  const std::uint32_t snaplen = interfaces_.front().snaplen;
  const bool limited = snaplen > 0 && snaplen < kCapturedBytesMax;
  frame.bytes =
      input_->view(record_bytes).subspan(record_header_bytes_, limited ? std::min(captured, snaplen) : captured);
  const std::uint64_t scale = unit_ == TimeUnit::kNanoseconds ? 1 : 1000;
  frame.time = base::WallTime{base::Duration{static_cast<std::int64_t>(seconds * 1'000'000'000 + fraction * scale)}};
  frame.interface = 0;
  frame.lost_before = 0;
  frame.comment = {};
  consumed_later_ = record_bytes;
  return true;
}

}  // namespace superspan::offline
