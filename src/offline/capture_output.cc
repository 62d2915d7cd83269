// SPDX-License-Identifier: Apache-2.0
#include "offline/capture_output.h"

#include <optional>
#include <utility>
#include <vector>

#include "offline/link_types.h"
#include "recorder/pcapng.h"

namespace superspan::offline {
namespace {

class PcapOutput final : public CaptureOutput {
 public:
  explicit PcapOutput(const CaptureReader& reader)
      : unit_(reader.unit()),
        snaplen_(reader.is_pcapng() ? kCapturedBytesMax : snaplen_of(reader)),
        link_field_(kLinkEthernet | reader.check_sequence_bits()) {}

  void begin() override {
    u32(unit_ == TimeUnit::kNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    u32(2 | 4 << 16);  // version 2.4
    u32(0);            // time zone
    u32(0);            // accuracy
    u32(snaplen_);
    u32(link_field_);
  }
  void add(const CaptureFrame& frame) override {
    const auto time_ns = static_cast<std::uint64_t>(frame.time.time_since_epoch().count());
    const std::uint64_t fraction_ns = time_ns % 1'000'000'000;
    u32(static_cast<std::uint32_t>(time_ns / 1'000'000'000));
    u32(static_cast<std::uint32_t>(unit_ == TimeUnit::kNanoseconds ? fraction_ns : fraction_ns / 1000));
    u32(static_cast<std::uint32_t>(frame.bytes.size()));
    u32(frame.original_length);
    out_.insert(out_.end(), frame.bytes.begin(), frame.bytes.end());
  }
  void skip(const CaptureFrame& /*frame*/) override {}
  void end() override {}
  const base::Bytes& view() const override { return out_; }
  void clear() override { out_.clear(); }

 private:
  // libpcap writes what it has made of a snaplen that means "no limit".
  static std::uint32_t snaplen_of(const CaptureReader& reader) {
    const std::uint32_t told = reader.interfaces().front().snaplen;
    return told == 0 || told > 0x7fffffff ? kCapturedBytesMax : told;
  }
  void u32(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) out_.push_back(static_cast<std::byte>(value >> shift));
  }

  TimeUnit unit_;
  std::uint32_t snaplen_;
  std::uint32_t link_field_;
  base::Bytes out_;
};

class PcapngOutput final : public CaptureOutput {
 public:
  PcapngOutput(const CaptureReader& reader, std::string expression)
      : reader_(reader), expression_(std::move(expression)) {}

  // The section header waits for the first packet: a reader of pcapng does not know its first section before that.
  void begin() override {
    if (!reader_.is_pcapng()) begin_section();
  }
  void add(const CaptureFrame& frame) override {
    Interface& interface = interface_of(frame);
    if (!interface.number) interface.number = describe(reader_.interfaces()[frame.interface]);
    out_.packet({.interface = *interface.number,
                 .time = frame.time,
                 .original_length = frame.original_length,
                 .lost_before = frame.lost_before + std::exchange(interface.lost, 0),
                 .comment = frame.comment,
                 .bytes = frame.bytes});
  }
  void skip(const CaptureFrame& frame) override { interface_of(frame).lost += frame.lost_before; }
  void end() override {
    if (!begun_) begin_section();
  }
  const base::Bytes& view() const override { return out_.view(); }
  void clear() override { out_.clear(); }

 private:
  struct Interface {
    std::optional<std::uint32_t> number;
    std::uint64_t lost = 0;
  };

  void begin_section() {
    begun_ = true;
    section_ = reader_.section();
    interfaces_.clear();
    const std::string& comment = reader_.section_comment();
    out_.section(comment + (comment.empty() || comment.ends_with('\n') ? "" : "\n") + "filter: " + expression_,
                 "superspan");
    // Also interfaces without a packet are told, as far as they are known now.
    for (const CaptureInterface& interface : reader_.interfaces()) {
      interfaces_.emplace_back();
      if (interface.link_type == kLinkEthernet) interfaces_.back().number = describe(interface);
    }
  }

  Interface& interface_of(const CaptureFrame& frame) {
    if (section_ != reader_.section()) begin_section();
    if (interfaces_.size() <= frame.interface) interfaces_.resize(frame.interface + 1);
    return interfaces_[frame.interface];
  }

  // libpcap reads only files whose interfaces have one snaplen; where the first one's is no lie, it is told.
  std::uint32_t describe(const CaptureInterface& interface) {
    std::uint32_t snaplen = interface.snaplen;
    if (!first_snaplen_) first_snaplen_ = snaplen;
    if (*first_snaplen_ == 0 || (snaplen != 0 && snaplen < *first_snaplen_)) snaplen = *first_snaplen_;
    return out_.interface(
        {.name = interface.name, .description = interface.description, .filter = interface.filter, .snaplen = snaplen});
  }

  const CaptureReader& reader_;
  std::string expression_;
  bool begun_ = false;
  std::uint64_t section_ = 0;
  std::vector<Interface> interfaces_;
  std::optional<std::uint32_t> first_snaplen_;
  recorder::PcapngWriter out_;
};

}  // namespace

CaptureFormat format_of(const std::string& path) {
  return path.ends_with(".pcap") || path.ends_with(".cap") ? CaptureFormat::kPcap : CaptureFormat::kPcapng;
}

std::unique_ptr<CaptureOutput> make_output(CaptureFormat format, const CaptureReader& reader, std::string expression) {
  if (format == CaptureFormat::kPcap) return std::make_unique<PcapOutput>(reader);
  return std::make_unique<PcapngOutput>(reader, std::move(expression));
}

}  // namespace superspan::offline
