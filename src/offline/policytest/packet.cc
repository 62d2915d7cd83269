// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/packet.h"

#include <algorithm>

#include "net/field.h"

namespace superspan::offline::policytest {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kFragmentHeader = 44;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kSctp = 132;
constexpr std::uint16_t kPortNotSaid = 1024;
constexpr std::size_t kPacketBytesMax = 65'535;

constexpr std::uint16_t kTypeIp = 0x0800;
constexpr std::uint16_t kTypeIp6 = 0x86dd;

std::unexpected<base::Error> wrong(const char* message, const char* hint) {
  return base::fail(base::ErrorCode::kInvalid, message, hint);
}

void put(base::ByteWriter& out, const net::MacAddress& address) {
  out.bytes(base::as_bytes(address.bytes));
}
void put(base::ByteWriter& out, const Address& address) {
  if (const auto* v4 = std::get_if<net::Ipv4Address>(&address)) return out.be32(v4->value);
  out.bytes(base::as_bytes(std::get<net::Ipv6Address>(address).bytes));
}

// The Internet checksum (RFC 1071) of both parts together; the first has an even length.
std::uint16_t checksum(base::BytesView first, base::BytesView second) {
  std::uint32_t sum = 0;
  for (const base::BytesView part : {first, second}) {
    for (std::size_t at = 0; at < part.size(); ++at) {
      sum += std::to_integer<std::uint32_t>(part[at]) << (at % 2 == 0 ? 8 : 0);
    }
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void set_be16(base::Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value);
}

class Maker {
 public:
  explicit Maker(const Packet& packet) : packet_(packet), ip6_(packet.from && packet.from->index() == 1) {}

  base::Result<base::Bytes> frame() {
    if (packet_.ether_type && packet_.from) {
      return wrong("a packet with addresses has the EtherType of IP", "leave away `ether type` or the addresses");
    }
    base::Bytes payload = packet_.payload;
    auto made = frame_with(payload);
    if (made && made->size() < packet_.length) {
      payload.resize(payload.size() + packet_.length - made->size());
      made = frame_with(payload);
    }
    if (made && packet_.length != 0 && made->size() != packet_.length) {
      return wrong("the headers and payload are longer than that", "leave `length` away, or raise it");
    }
    if (made && made->size() < packet_.padding) made->resize(packet_.padding);
    return made;
  }

 private:
  base::Result<base::Bytes> frame_with(const base::Bytes& payload) {
    std::uint16_t type = packet_.ether_type.value_or(0);
    base::Bytes inside = payload;
    if (packet_.arp_operation) {
      type = packet_.reverse_arp ? 0x8035 : 0x0806;
      inside = arp(payload);
    } else if (packet_.from) {
      type = ip6_ ? kTypeIp6 : kTypeIp;
      auto made = ip6_ ? ip6_packet(payload) : ip_packet(payload);
      if (!made) return made;
      inside = std::move(*made);
    }
    base::ByteWriter out;
    put(out, packet_.destination);
    put(out, packet_.source);
    for (const Tag& tag : packet_.tags) {
      out.be16(tag.protocol);
      out.be16(tag.tci);
    }
    put_shim(out, type, inside.size());
    out.bytes(inside);
    return out.take();
  }

  // EtherType, PPPoE session (RFC 2516) and MPLS labels (RFC 3032).
  void put_shim(base::ByteWriter& out, std::uint16_t type, std::size_t inside_bytes) const {
    const bool labelled = !packet_.mpls.empty();
    if (packet_.pppoe_session) {
      out.be16(0x8864);
      out.be16(0x1100);
      out.be16(*packet_.pppoe_session);
      out.be16(static_cast<std::uint16_t>(2 + 4 * packet_.mpls.size() + inside_bytes));
      out.be16(labelled ? 0x0281 : type == kTypeIp6 ? 0x0057 : type == kTypeIp ? 0x0021 : type);
    } else {
      out.be16(labelled ? 0x8847 : type);
    }
    for (std::size_t index = 0; index < packet_.mpls.size(); ++index) {
      const bool last = index + 1 == packet_.mpls.size();
      out.be32(packet_.mpls[index] << 12 | (last ? 0x100U : 0U) | packet_.ttl);
    }
  }

  base::Bytes arp(const base::Bytes& payload) const {
    base::ByteWriter out;
    out.be16(1);  // Ethernet
    out.be16(kTypeIp);
    out.u8(6);
    out.u8(4);
    out.be16(*packet_.arp_operation);
    put(out, packet_.source);
    put(out, *packet_.from);
    put(out, *packet_.arp_operation % 2 == 1 ? net::MacAddress{} : packet_.destination);
    put(out, *packet_.to);
    out.bytes(payload);
    return out.take();
  }

  [[nodiscard]] bool later_fragment() const { return packet_.fragment && packet_.fragment->offset > 0; }

  base::Result<base::Bytes> ip_packet(const base::Bytes& payload) const {
    const base::Bytes inside = transport(payload);
    base::ByteWriter out;
    const std::size_t header_bytes = 20 + packet_.option_bytes;
    const std::size_t total = header_bytes + inside.size();
    if (total > kPacketBytesMax) return wrong("an IP packet has at most 65535 bytes", "make the payload shorter");
    out.u8(static_cast<std::uint8_t>(0x40 | header_bytes / 4));
    out.u8(packet_.tos);
    out.be16(static_cast<std::uint16_t>(total));
    out.be16(packet_.id);
    const std::uint16_t offset = packet_.fragment ? packet_.fragment->offset / 8 : 0;
    const bool more = packet_.fragment && packet_.fragment->more;
    out.be16(static_cast<std::uint16_t>(offset | (more ? 0x2000 : 0) | (packet_.do_not_fragment ? 0x4000 : 0)));
    out.u8(packet_.ttl);
    out.u8(*packet_.protocol);
    out.be16(0);
    put(out, *packet_.from);
    put(out, *packet_.to);
    for (std::size_t index = 0; index < packet_.option_bytes; ++index) out.u8(1);
    base::Bytes bytes = out.take();
    set_be16(bytes, 10, checksum(bytes, {}));
    bytes.insert(bytes.end(), inside.begin(), inside.end());
    return bytes;
  }

  base::Result<base::Bytes> ip6_packet(const base::Bytes& payload) const {
    const base::Bytes inside = transport(payload);
    std::vector<std::uint8_t> chain = packet_.extensions;  // next-header numbers, outermost first
    if (packet_.fragment) chain.push_back(kFragmentHeader);
    chain.push_back(*packet_.protocol);
    const std::size_t after = 8 * (chain.size() - 1) + inside.size();
    if (after > kPacketBytesMax) return wrong("an IPv6 packet carries at most 65535 bytes", "make the payload shorter");
    base::ByteWriter out;
    out.be32(0x60000000U | static_cast<std::uint32_t>(packet_.tos) << 20);
    out.be16(static_cast<std::uint16_t>(after));
    out.u8(chain.front());
    out.u8(packet_.ttl);
    put(out, *packet_.from);
    put(out, *packet_.to);
    for (std::size_t index = 0; index + 1 < chain.size(); ++index) {
      const bool fragment = chain[index] == kFragmentHeader;
      out.u8(chain[index + 1]);
      out.u8(0);
      out.be16(fragment ? static_cast<std::uint16_t>(packet_.fragment->offset | (packet_.fragment->more ? 1 : 0))
                        : std::uint16_t{0x0104});  // a PadN option over the rest
      out.be32(fragment ? packet_.id : 0);
    }
    out.bytes(inside);
    return out.take();
  }

  base::Bytes transport(const base::Bytes& payload) const {
    if (later_fragment()) return payload;
    base::ByteWriter out;
    std::size_t checksum_at = 0;
    const std::uint8_t protocol = *packet_.protocol;
    if (protocol == kTcp || protocol == kUdp || protocol == kSctp) {
      out.be16(packet_.source_port.value_or(kPortNotSaid));
      out.be16(packet_.destination_port.value_or(kPortNotSaid));
    }
    if (protocol == kTcp) {
      checksum_at = 16;
      out.be64(0);  // sequence and acknowledgement
      out.u8(0x50);
      out.u8(packet_.tcp_flags);
      out.be16(0xffff);
      out.be32(0);
    } else if (protocol == kUdp) {
      checksum_at = 6;
      out.be16(static_cast<std::uint16_t>(8 + payload.size()));
      out.be16(0);
    } else if (protocol == kSctp) {
      out.be64(0);  // verification tag, checksum
    } else if (protocol == kIcmp || protocol == kIcmp6) {
      checksum_at = 2;
      out.u8(packet_.icmp_type.value_or(protocol == kIcmp ? 8 : 128));
      out.u8(packet_.icmp_code);
      out.be16(0);
      out.be32(0x00010001);
    }
    out.bytes(payload);
    base::Bytes bytes = out.take();
    if (checksum_at != 0 && !packet_.fragment) {
      const std::uint16_t sum = checksum(protocol == kIcmp ? base::Bytes{} : pseudo_header(bytes.size()), bytes);
      set_be16(bytes, checksum_at, protocol == kUdp && sum == 0 ? 0xffff : sum);
    }
    return bytes;
  }

  [[nodiscard]] base::Bytes pseudo_header(std::size_t bytes) const {
    base::ByteWriter out;
    put(out, *packet_.from);
    put(out, *packet_.to);
    out.be32(static_cast<std::uint32_t>(bytes));
    out.be32(*packet_.protocol);
    return out.take();
  }

  const Packet& packet_;
  bool ip6_;
};

}  // namespace

base::Result<base::Bytes> bytes_of(const Packet& packet) {
  return Maker(packet).frame();
}

}  // namespace superspan::offline::policytest
