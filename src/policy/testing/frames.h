// SPDX-License-Identifier: Apache-2.0
// Random Ethernet frames that keep hitting the values of testing/expressions.h and testing/language.h: tags, IPv4 with
// options, fragments and authentication headers, IPv6 with extension headers, ARP, IEEE 802.2, DECnet, frames inside
// MPLS, PPPoE and Geneve, and all of them damaged or cut.
#pragma once

#include "base/bytes.h"
#include "policy/testing/random.h"

namespace superspan::policy::testing {

enum class Damage { kSome, kNone };

class FrameMaker {
 public:
  // Damage::kNone: only frames of at least 60 bytes whose headers are whole and consistent, and no tags 0x9100.
  explicit FrameMaker(Random& random, Damage damage = Damage::kSome)
      : random_(random), damaged_(damage == Damage::kSome) {}

  base::Bytes make() {
    out_ = {};
    mac();
    mac();
    for (std::uint64_t tags = random_.pick({0, 0, 0, 0, 1, 1, 2, 3}); tags > 0; --tags) {
      out_.be16(random_.pick<std::uint16_t>(
          {0x8100, 0x8100, 0x88a8, damaged_ ? std::uint16_t{0x9100} : std::uint16_t{0x8100}}));
      out_.be16(static_cast<std::uint16_t>(random_.below(16) << 12 | random_.pick({0, 1, 10, 20, 4095})));
    }
    payload();
    base::Bytes frame = out_.take();
    if (hit(8)) frame.resize(random_.below(frame.size() + 1));
    if (random_.one_in(4)) frame.resize(frame.size() + random_.below(20));
    if (hit(10) && !frame.empty()) {
      frame[random_.below(frame.size())] = static_cast<std::byte>(random_.below(256));
    }
    if (!damaged_ && frame.size() < 60) frame.resize(60);
    return frame;
  }

 private:
  // Damage of one kind.
  bool hit(std::uint64_t one_in) { return damaged_ && random_.one_in(one_in); }

  void mac() {
    switch (random_.below(5)) {
      case 0:
        out_.be16(0xffff), out_.be32(0xffffffff);
        break;
      case 1:
        out_.be16(0x0100), out_.be32(0x5e000005);
        break;
      default:
        out_.be16(0x0200), out_.be32(static_cast<std::uint32_t>(random_.below(3)));
    }
  }

  void payload() {
    switch (random_.below(14)) {
      case 0:
        return arp(0x0806);
      case 1:
        return arp(0x8035);
      case 2:
        return llc();
      case 3:
        return other();
      case 12:
        return wrapped();
      case 13:
        return random_.one_in(3) ? decnet() : wrapped();
      case 4:
      case 5:
      case 6:
      case 7:
        return ip6();
      default:
        return ip();
    }
  }

  std::uint32_t address() {
    return random_.pick<std::uint32_t>(
        {0x0a000001, 0x0a000002, 0x0a010203, 0x0a016304, 0xc0a80101, 0xe0000005, 0xffffffff, 0, 0x14000001});
  }
  void address6() {
    out_.be32(random_.pick<std::uint32_t>({0x20010db8, 0x20010db8, 0xfe800000, 0xff020000, 0}));
    out_.be32(random_.pick<std::uint32_t>({0, 0x00010000}));
    out_.be32(0);
    out_.be32(static_cast<std::uint32_t>(random_.below(3)));
  }
  std::uint16_t port() { return random_.pick<std::uint16_t>({0, 22, 53, 80, 443, 6001, 6005, 65535}); }
  std::uint8_t protocol() { return random_.pick<std::uint8_t>({6, 6, 6, 17, 17, 132, 1, 58, 2, 50, 51, 89, 0, 44, 9}); }

  void arp(std::uint16_t type) {
    out_.be16(type);
    out_.be16(hit(8) ? 6 : 1);
    out_.be16(hit(8) ? 0x86dd : 0x0800);
    out_.u8(hit(8) ? 8 : 6);
    out_.u8(4);
    out_.be16(damaged_ ? random_.pick<std::uint16_t>({1, 2, 3, 4, 0, 256, 0x0101}) : 1);
    mac();
    out_.be32(address());
    mac();
    out_.be32(address());
    if (random_.one_in(2)) out_.zeros(18);
  }

  void llc() {
    out_.be16(static_cast<std::uint16_t>(random_.pick<std::uint64_t>({random_.below(0x600), 64, 1500, 1501})));
    const auto kind =
        random_.pick<std::uint16_t>({0x4242, 0xaaaa, 0xaaaa, 0xfefe, 0xfefe, 0xe0e0, 0xf0f0, 0xffff, 0x0606});
    out_.be16(kind);
    out_.u8(
        random_.pick<std::uint8_t>({3, 3, 3, 0x63, 0x43, 0x0f, 0x7f, 0xe3, 0xaf, 0x87, 0x01, 0x05, 0x09, 0x00, 0x12}));
    if (kind == 0xaaaa) return snap();
    if (kind == 0xfefe) {
      out_.u8(random_.pick<std::uint8_t>({0x81, 0x82, 0x83, 0x83, 0x83}));
      out_.zeros(3);
      out_.u8(random_.pick<std::uint8_t>({15, 16, 17, 18, 20, 24, 25, 26, 27, 99}));
    }
    out_.zeros(random_.below(50));
  }

  void snap() {
    switch (random_.below(5)) {
      case 0:
        out_.u8(8), out_.be16(0x0007), out_.be16(0x809b);
        return out_.zeros(random_.below(40));
      case 1:
        out_.u8(0), out_.be16(0), out_.be16(random_.pick<std::uint16_t>({0x80f3, 0x8137}));
        return out_.zeros(random_.below(40));
      default:
        out_.u8(0), out_.be16(random_.pick<std::uint16_t>({0, 0x000c}));
        return payload();
    }
  }

  void decnet() {
    out_.be16(0x6003);
    out_.be16(20);
    if (random_.one_in(2)) out_.u8(0x81);
    const bool in_long = random_.one_in(2);
    out_.u8(in_long ? 0x06 : 0x02);
    const auto address = [&] { out_.be16(random_.pick<std::uint16_t>({0x0104, 0x0f28, 0xffff, 0x0500})); };
    if (in_long) out_.zeros(6);
    address();
    if (in_long) out_.zeros(6);
    address();
    out_.zeros(20);
  }

  // A packet inside MPLS, PPPoE or Geneve.
  void wrapped() {
    const base::Bytes outer = out_.take();
    payload();
    base::Bytes inner = out_.take();
    out_.bytes(outer);
    const base::BytesView packet = base::BytesView(inner).subspan(inner.size() < 2 ? 0 : 2);
    const bool six = inner.size() > 1 && inner[0] == std::byte{0x86} && inner[1] == std::byte{0xdd};
    switch (random_.below(4)) {
      case 0:
        return mpls(packet);
      case 1:
        out_.be16(random_.pick<std::uint16_t>({0x8864, 0x8864, 0x8863}));
        out_.be16(0x1100);
        out_.be16(static_cast<std::uint16_t>(random_.pick({7, 8})));
        out_.be16(static_cast<std::uint16_t>(packet.size() + 2));
        out_.be16(six ? 0x0057 : random_.pick<std::uint16_t>({0x0021, 0x0021, 0x0281, 0xc021}));
        return out_.bytes(packet);
      default:
        return geneve(inner);
    }
  }

  void mpls(base::BytesView packet) {
    out_.be16(0x8847);
    for (std::uint64_t labels = random_.below(3) + 1; labels > 0; --labels) {
      out_.be32(random_.pick<std::uint32_t>({100, 200, 300}) << 12 | (labels == 1 ? 0x100 : 0) | 64);
    }
    out_.bytes(packet);
  }

  // `inner` begins with its EtherType.
  void geneve(base::BytesView inner) {
    base::ByteWriter body;
    const std::uint64_t options = random_.pick({0, 0, 1, 3});
    body.u8(static_cast<std::uint8_t>((hit(8) ? 0x40 : 0) | options));
    body.u8(0);
    const bool ethernet = random_.one_in(2) || inner.size() < 2;
    base::ByteReader reader(inner);
    body.be16(ethernet ? 0x6558 : reader.be16());
    body.be32(random_.pick<std::uint32_t>({5, 6}) << 8);
    body.zeros(4 * options);
    if (ethernet) body.be16(0x0200), body.be32(1), body.be16(0x0200), body.be32(2);
    body.bytes(ethernet ? inner : inner.subspan(2));
    inner_ = body.take();
    random_.one_in(2) ? ip() : ip6();
    inner_.clear();
  }

  void other() {
    if (hit(3)) {
      out_.be16(random_.pick<std::uint16_t>({0x8100, 0x0800, 0x86dd, 0x0806}));
    } else {
      out_.be16(random_.pick<std::uint16_t>({0x88b5, 0x8847, 0x8864, 0x9000, 0x88cc}));
    }
    for (std::uint64_t count = random_.below(60); count > 0; --count) {
      out_.u8(static_cast<std::uint8_t>(random_.below(256)));
    }
  }

  // Everything behind the IP header.
  base::Bytes transport(std::uint8_t protocol) {
    base::ByteWriter body;
    if (!inner_.empty()) {
      body.be16(port());
      body.be16(random_.one_in(8) ? 6082 : 6081);
      body.be16(static_cast<std::uint16_t>(8 + inner_.size()));
      body.be16(0);
      body.bytes(inner_);
      return body.take();
    }
    if (protocol == 1 || protocol == 58) return icmp();
    if (protocol == 51 && random_.one_in(2)) {
      body.u8(random_.pick<std::uint8_t>({6, 17, 51, 59}));
      body.u8(random_.pick<std::uint8_t>({1, 2, 3, 4, 8}));
      body.zeros(24);
      return body.take();
    }
    body.be16(port());
    body.be16(port());
    if (protocol == 6) {
      body.zeros(8);
      body.u8(static_cast<std::uint8_t>(hit(6) ? random_.below(256) : 0x50));
      body.u8(random_.pick<std::uint8_t>({0x12, 0x02, 0x10, 0x18, 0x04, 0x11, 0x29, 0xc2}));
      body.zeros(6);
    } else {
      body.zeros(damaged_ ? random_.pick<std::size_t>({0, 4, 8, 12}) : 8);
    }
    body.zeros(random_.below(12));
    base::Bytes bytes = body.take();
    if (hit(6)) bytes.resize(random_.below(bytes.size() + 1));
    return bytes;
  }

  base::Bytes icmp() {
    base::ByteWriter body;
    body.u8(random_.pick<std::uint8_t>({0, 3, 8, 11, 128, 129, 135}));
    body.u8(random_.pick<std::uint8_t>({0, 0, 1, 3}));
    body.zeros(6 + random_.below(20));
    base::Bytes bytes = body.take();
    if (hit(6)) bytes.resize(random_.below(bytes.size() + 1));
    return bytes;
  }

  void ip() {
    const std::uint8_t proto = inner_.empty() ? protocol() : 17;
    const std::uint64_t words = hit(12) ? random_.below(16) : random_.pick({5, 5, 5, 6, 8});
    base::Bytes body = transport(proto);
    const std::size_t options = words > 5 ? 4 * (words - 5) : 0;
    const std::size_t total = 20 + options + body.size();
    out_.be16(0x0800);
    out_.u8(static_cast<std::uint8_t>((hit(20) ? random_.below(16) : 4) << 4 | words));
    out_.u8(static_cast<std::uint8_t>(random_.pick({0, 0, 184, 3})));
    out_.be16(static_cast<std::uint16_t>(hit(10) ? random_.below(2 * total) : total));
    out_.be16(7);
    out_.be16(random_.pick<std::uint16_t>({0, 0, 0, 0x4000, 0x2000, 0x2001, 0x0001, 0x1fff, 0x8000}));
    out_.u8(random_.pick<std::uint8_t>({64, 64, 1, 4, 255}));
    out_.u8(proto);
    out_.be16(0);
    out_.be32(address());
    out_.be32(address());
    out_.zeros(options);
    out_.bytes(body);
  }

  void ip6() {
    std::uint8_t last = inner_.empty() ? protocol() : 17;
    while (!damaged_ && (last == 0 || last == 44 || last == 51)) last = protocol();
    base::Bytes body = transport(last);
    for (std::uint64_t headers = random_.pick({0, 0, 0, 1, 1, 2}); headers > 0; --headers) last = wrap(body, last);
    out_.be16(0x86dd);
    out_.be32(random_.pick<std::uint32_t>({0x60000000, 0x60000000, 0x6b800000, 0x60300000}));
    out_.be16(static_cast<std::uint16_t>(hit(10) ? random_.below(2 * body.size() + 1) : body.size()));
    out_.u8(last);
    out_.u8(random_.pick<std::uint8_t>({64, 64, 1, 255}));
    address6();
    address6();
    out_.bytes(body);
  }

  // Puts an extension header in front of `body`; returns its protocol number.
  std::uint8_t wrap(base::Bytes& body, std::uint8_t next) {
    base::ByteWriter header;
    const auto kind = random_.pick<std::uint8_t>({0, 43, 44, 44, 51, 60});
    header.u8(next);
    const bool extended = kind != 44 && random_.one_in(3);
    header.u8(kind == 51 ? (extended ? 2 : 0) : (extended ? 1 : 0));
    header.be16(kind == 44 ? random_.pick<std::uint16_t>({0, 1, 8, 9, 0xfff8}) : 0);
    header.be32(5);
    if (extended) header.zeros(8);
    header.bytes(body);
    body = header.take();
    return kind;
  }

  Random& random_;
  bool damaged_;
  base::ByteWriter out_;
  base::Bytes inner_;  // what the next packet carries behind UDP
};

}  // namespace superspan::policy::testing
