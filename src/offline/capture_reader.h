// SPDX-License-Identifier: Apache-2.0
// Reads captures of Ethernet frames one packet at a time: pcap (microseconds, nanoseconds, either byte order, also with
// the longer record headers of magic a1b2cd34) and pcapng (draft-ietf-opsawg-pcapng; any number of sections and
// interfaces, packets in enhanced, simple and obsolete packet blocks, any time resolution, either byte order).
//
// What libpcap 1.10 reads is read here, packet for packet, and what it calls damaged is an error here as well; pcapng
// files that it refuses because interfaces differ in their snaplen are read. Memory does not grow with the input.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "offline/byte_source.h"

namespace superspan::offline {

inline constexpr std::uint32_t kCapturedBytesMax = 262'144;  // of one packet, as in libpcap

enum class TimeUnit : std::uint8_t { kMicroseconds, kNanoseconds };

struct CaptureInterface {
  std::string name;  // the texts are empty in pcap
  std::string description;
  std::string filter;
  std::uint32_t snaplen = 0;  // 0: no limit
  std::uint32_t link_type = 0;
};

struct CaptureFrame {
  base::WallTime time;
  std::uint32_t original_length = 0;  // on the wire
  std::uint64_t lost_before = 0;      // packets of this interface, since its previous one
  std::size_t interface = 0;          // index in interfaces()
  std::string_view comment;           // may be empty
  base::BytesView bytes;              // what was captured of it
};

// Not thread-safe.
class CaptureReader {
 public:
  // Reads the file header. kInvalid if that is not the beginning of a capture of Ethernet frames. `source` must outlive
  // the reader; `name` is for errors.
  [[nodiscard]] static base::Result<CaptureReader> open(ByteSource& source, std::string name);

  // The next packet, whose views are valid until the next call. False at the end. kInvalid (place: the name) where the
  // capture is damaged or cut off, or has a packet that is not Ethernet; nothing may be read after that.
  [[nodiscard]] base::Result<bool> next(CaptureFrame& frame);

  [[nodiscard]] bool is_pcapng() const { return format_ == Format::kPcapng; }
  [[nodiscard]] TimeUnit unit() const { return unit_; }  // of a pcap; nanoseconds for pcapng
  // Of a pcap: the bits of the link type field that tell of frame check sequences; handed on, never looked at.
  [[nodiscard]] std::uint32_t check_sequence_bits() const { return check_sequence_bits_; }
  // Of the current section; more of them may come with every packet.
  [[nodiscard]] const std::vector<CaptureInterface>& interfaces() const { return interfaces_; }
  [[nodiscard]] std::uint64_t section() const { return section_; }  // counts from 1
  [[nodiscard]] const std::string& section_comment() const { return section_comment_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }  // read so far
  // Bytes of the input behind the last packet that need not be waited for.
  [[nodiscard]] std::size_t at_hand() const { return input_->left() - consumed_later_; }

 private:
  enum class Format : std::uint8_t { kPcap, kPcapng };
  struct Resolution {
    std::uint64_t ticks = 0;  // a second
    std::int64_t offset_s = 0;
  };
  class Fields;

  CaptureReader(ByteSource& source, std::string name);
  [[nodiscard]] base::Status open_pcap(base::BytesView header);
  [[nodiscard]] base::Result<bool> next_pcap(CaptureFrame& frame);
  [[nodiscard]] base::Result<bool> next_pcapng(CaptureFrame& frame);
  // Steps over the rest of the block with `length` bytes at the reader's place, which is too long to be looked at.
  [[nodiscard]] base::Status skip_block(std::uint64_t length);
  [[nodiscard]] base::Status read_section(base::BytesView block);
  [[nodiscard]] base::Status read_interface(Fields body);
  [[nodiscard]] base::Status read_interface_options(Fields body, CaptureInterface& interface, Resolution& resolution);
  [[nodiscard]] base::Status read_packet(std::uint32_t type, Fields body, CaptureFrame& frame);
  [[nodiscard]] static base::WallTime time_of(std::uint64_t ticks, const Resolution& resolution);

  [[nodiscard]] std::unexpected<base::Error> damaged(const std::string& what) const;
  [[nodiscard]] std::unexpected<base::Error> cut_off() const;
  [[nodiscard]] base::Status require_ethernet(std::uint32_t link_type) const;

  std::unique_ptr<InputBuffer> input_;
  std::string name_;
  Format format_ = Format::kPcap;
  TimeUnit unit_ = TimeUnit::kNanoseconds;
  std::uint32_t check_sequence_bits_ = 0;
  bool little_ = true;
  bool lengths_may_be_swapped_ = false;  // pcap 2.3, written in both orders
  std::size_t record_header_bytes_ = 16;
  std::size_t consumed_later_ = 0;  // bytes of the packet that next() returned last
  std::uint64_t section_ = 0;
  std::string section_comment_;
  std::string packet_comment_;
  std::vector<CaptureInterface> interfaces_;
  std::vector<Resolution> resolutions_;
  std::uint64_t packets_ = 0;
};

}  // namespace superspan::offline
