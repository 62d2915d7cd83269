// SPDX-License-Identifier: Apache-2.0
#include "lab/frames.h"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "lab/socket.h"

namespace superspan::lab {
namespace {

using base::Bytes;
using base::BytesView;
using base::ByteWriter;
using base::ErrorCode;

constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolFragment6 = 44;
constexpr std::uint8_t kProtocolIcmp6 = 58;
constexpr std::uint8_t kProtocolSctp = 132;
constexpr std::uint16_t kFragmentUnits = 185;  // of 8 bytes: where the later fragment begins
constexpr std::size_t kPayloadBytes = 32;      // a multiple of 8, as a first fragment needs

// RFC 1071: one's complement sum of 16-bit words.
std::uint16_t checksum(BytesView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    sum += std::to_integer<std::uint32_t>(bytes[at]) << (at % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void put_be16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value & 0xff);
}

struct Addresses {  // as they stand in the header: 4 or 16 bytes each
  Bytes source;
  Bytes destination;
};

base::Result<Bytes> address_bytes(const std::string& text, bool ipv6) {
  ByteWriter out;
  if (ipv6) {
    const auto address = net::Ipv6Address::parse(text);
    if (!address) return std::unexpected(address.error());
    out.bytes(base::as_bytes(address->bytes));
  } else {
    const auto address = net::Ipv4Address::parse(text);
    if (!address) return std::unexpected(address.error());
    out.be32(address->value);
  }
  return out.take();
}

void put_payload(ByteWriter& out, std::uint32_t sequence) {
  out.be32(sequence);
  for (std::size_t at = 4; at < kPayloadBytes; ++at) out.u8(static_cast<std::uint8_t>('a' + at % 26));
}

// Writes the transport checksum over the pseudo header (RFC 768, RFC 8200 section 8.1) at `at`.
void seal(Bytes& segment, std::size_t at, std::uint8_t protocol, const Addresses& addresses) {
  ByteWriter pseudo;
  pseudo.bytes(addresses.source);
  pseudo.bytes(addresses.destination);
  pseudo.be32(static_cast<std::uint32_t>(segment.size()));
  pseudo.be32(protocol);
  pseudo.bytes(segment);
  const std::uint16_t sum = checksum(pseudo.view());
  put_be16(segment, at, sum == 0 && protocol == kProtocolUdp ? 0xffff : sum);
}

Bytes make_udp(const FrameSpec& spec, const Addresses& addresses) {
  ByteWriter out;
  out.be16(spec.source_port);
  out.be16(spec.destination_port);
  out.be16(8 + kPayloadBytes);
  out.be16(0);
  put_payload(out, spec.sequence);
  Bytes segment = out.take();
  seal(segment, 6, kProtocolUdp, addresses);
  return segment;
}

Bytes make_tcp(const FrameSpec& spec, const Addresses& addresses) {
  constexpr std::uint16_t kHeaderWordsAndSyn = 0x5002;
  ByteWriter out;
  out.be16(spec.source_port);
  out.be16(spec.destination_port);
  out.be32(spec.sequence);
  out.be32(0);
  out.be16(kHeaderWordsAndSyn);
  out.be16(64240);  // window
  out.be32(0);      // checksum, urgent pointer
  Bytes segment = out.take();
  seal(segment, 16, kProtocolTcp, addresses);
  return segment;
}

Bytes make_icmp(const FrameSpec& spec, const Addresses& addresses) {
  ByteWriter out;
  out.u8(spec.ipv6 ? 128 : 8);  // echo request
  out.u8(0);
  out.be16(0);
  out.be32(spec.sequence);  // identifier and sequence number
  put_payload(out, spec.sequence);
  Bytes segment = out.take();
  if (spec.ipv6) {
    seal(segment, 2, kProtocolIcmp6, addresses);
  } else {
    put_be16(segment, 2, checksum(segment));
  }
  return segment;
}

// The CRC32c stays 0: nothing on the way of a copy looks at it.
Bytes make_sctp(const FrameSpec& spec) {
  ByteWriter out;
  out.be16(spec.source_port);
  out.be16(spec.destination_port);
  out.be32(0);           // verification tag of an INIT
  out.be32(0);           // checksum
  out.be32(0x01000014);  // INIT, 20 bytes
  out.be32(spec.sequence + 1);
  out.be32(65536);
  out.be32(0x00010001);  // one stream each way
  out.be32(spec.sequence);
  return out.take();
}

struct Segment {
  std::uint8_t protocol = 0;
  Bytes bytes;
};

Segment make_segment(const FrameSpec& spec, const Addresses& addresses) {
  switch (spec.content) {
    case Content::kTcp:
      return {kProtocolTcp, make_tcp(spec, addresses)};
    case Content::kIcmp:
      return {spec.ipv6 ? kProtocolIcmp6 : kProtocolIcmp, make_icmp(spec, addresses)};
    case Content::kSctp:
      return {kProtocolSctp, make_sctp(spec)};
    case Content::kLaterFragment: {
      ByteWriter out;
      put_payload(out, spec.sequence);
      return {kProtocolUdp, out.take()};
    }
    default:
      return {kProtocolUdp, make_udp(spec, addresses)};
  }
}

void put_ipv4(ByteWriter& out, const FrameSpec& spec, const Addresses& addresses, const Segment& segment) {
  constexpr std::uint16_t kMoreFragments = 0x2000;
  ByteWriter header;
  header.be16(0x4500);
  header.be16(static_cast<std::uint16_t>(20 + segment.bytes.size()));
  header.be16(static_cast<std::uint16_t>(spec.sequence));
  header.be16(spec.content == Content::kFirstFragment   ? kMoreFragments
              : spec.content == Content::kLaterFragment ? kFragmentUnits
                                                        : 0);
  header.u8(64);
  header.u8(segment.protocol);
  header.be16(0);
  header.bytes(addresses.source);
  header.bytes(addresses.destination);
  Bytes bytes = header.take();
  put_be16(bytes, 10, checksum(bytes));
  out.bytes(bytes);
  out.bytes(segment.bytes);
}

void put_ipv6(ByteWriter& out, const FrameSpec& spec, const Addresses& addresses, const Segment& segment) {
  constexpr std::size_t kFragmentHeaderBytes = 8;
  const bool first = spec.content == Content::kFirstFragment;
  const bool fragment = first || spec.content == Content::kLaterFragment;
  out.be32(0x60000000);
  out.be16(static_cast<std::uint16_t>(segment.bytes.size() + (fragment ? kFragmentHeaderBytes : 0)));
  out.u8(fragment ? kProtocolFragment6 : segment.protocol);
  out.u8(64);
  out.bytes(addresses.source);
  out.bytes(addresses.destination);
  if (fragment) {  // RFC 8200 section 4.5
    out.u8(segment.protocol);
    out.u8(0);
    out.be16(first ? 1 : static_cast<std::uint16_t>(kFragmentUnits << 3));
    out.be32(spec.sequence);
  }
  out.bytes(segment.bytes);
}

// RFC 826. The sequence stands in the padding, so that two requests differ.
void put_arp(ByteWriter& out, const FrameSpec& spec, const Addresses& addresses) {
  out.be16(1);
  out.be16(0x0800);
  out.be16(0x0604);
  out.be16(1);
  out.bytes(base::as_bytes(spec.source.bytes));
  out.bytes(addresses.source);
  out.zeros(6);
  out.bytes(addresses.destination);
  out.be32(spec.sequence);
  out.zeros(14);
}

std::vector<std::vector<VlanTag>> tag_sets() {
  constexpr std::uint16_t kPriority5 = 5U << 13;
  return {{}, {{0x8100, 100}}, {{0x8100, kPriority5}}, {{0x8100, 100}, {0x8100, 200}}, {{0x88a8, 300}, {0x8100, 100}}};
}

std::uint16_t port_of(Content content) {
  switch (content) {
    case Content::kTcp:
      return 443;
    case Content::kSctp:
      return 3868;
    case Content::kFirstFragment:
      return 2049;
    default:
      return 53;
  }
}

}  // namespace

base::Result<Bytes> make_frame(const FrameSpec& spec) {
  if (spec.ipv6 && spec.content == Content::kArp) return base::fail(ErrorCode::kInvalid, "ARP speaks IPv4 only");
  auto source = address_bytes(spec.source_ip, spec.ipv6);
  auto destination = address_bytes(spec.destination_ip, spec.ipv6);
  if (!source) return std::unexpected(source.error());
  if (!destination) return std::unexpected(destination.error());
  const Addresses addresses{std::move(*source), std::move(*destination)};
  ByteWriter out;
  out.bytes(base::as_bytes(spec.destination.bytes));
  out.bytes(base::as_bytes(spec.source.bytes));
  for (const VlanTag& tag : spec.tags) {
    out.be16(tag.protocol);
    out.be16(tag.tci);
  }
  if (spec.content == Content::kArp) {
    out.be16(0x0806);
    put_arp(out, spec, addresses);
    return out.take();
  }
  out.be16(spec.ipv6 ? 0x86dd : 0x0800);
  const Segment segment = make_segment(spec, addresses);
  spec.ipv6 ? put_ipv6(out, spec, addresses, segment) : put_ipv4(out, spec, addresses, segment);
  return out.take();
}

base::Result<std::vector<Bytes>> sample_frames(const FrameEnds& ends, std::uint32_t sequence) {
  std::vector<Bytes> out;
  for (const auto& tags : tag_sets()) {
    for (const bool ipv6 : {false, true}) {
      for (const Content content : {Content::kUdp, Content::kTcp, Content::kIcmp, Content::kSctp,
                                    Content::kFirstFragment, Content::kLaterFragment, Content::kArp}) {
        if (ipv6 && content == Content::kArp) continue;
        auto frame = make_frame(
            {ends.source_mac, ends.destination_mac, tags, ipv6, content, ipv6 ? ends.source_ipv6 : ends.source_ipv4,
             ipv6 ? ends.destination_ipv6 : ends.destination_ipv4, 40000, port_of(content), sequence});
        if (!frame) return std::unexpected(frame.error());
        out.push_back(std::move(*frame));
      }
    }
  }
  return out;
}

base::Result<FrameSender> FrameSender::open(const std::string& device) {
  File socket_file(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // protocol 0: receives nothing
  if (!socket_file) return fail_errno("cannot open a packet socket");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  if (address.sll_ifindex == 0) return base::fail(ErrorCode::kNotFound, fmt::format("no network device '{}'", device));
  if (bind(socket_file.get(), as_sockaddr(address), sizeof(address)) != 0) {
    return fail_errno("cannot bind to " + device);
  }
  return FrameSender(std::move(socket_file));
}

base::Status FrameSender::send(BytesView frame) {
  if (::send(socket_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size())) return {};
  return fail_errno("cannot send a frame");
}

}  // namespace superspan::lab
