// SPDX-License-Identifier: Apache-2.0
// Frames in tunnels.
#pragma once

#include <string>
#include <vector>

#include "net/address.h"
#include "policy/testing/subject.h"

namespace superspan::policy::testing {

// Appends big-endian numbers.
class FrameWriter {
 public:
  FrameWriter& put(std::uint64_t value, unsigned bytes) {
    for (unsigned left = bytes; left > 0; --left) frame.push_back(static_cast<std::byte>(value >> (8 * (left - 1))));
    return *this;
  }
  FrameWriter& put(base::BytesView bytes) {
    frame.insert(frame.end(), bytes.begin(), bytes.end());
    return *this;
  }
  FrameWriter& ethernet(std::uint16_t type) { return put(0x02000000000b, 6).put(0x02000000000a, 6).put(type, 2); }
  FrameWriter& ipv4(const std::string& source, const std::string& destination, std::uint8_t protocol,
                    std::size_t payload) {
    put(0x4500, 2).put(20 + payload, 2).put(0, 4).put(64, 1).put(protocol, 1).put(0, 2);
    return put(net::Ipv4Address::parse(source)->value, 4).put(net::Ipv4Address::parse(destination)->value, 4);
  }
  FrameWriter& udp(std::uint16_t source, std::uint16_t destination, std::size_t payload) {
    return put(source, 2).put(destination, 2).put(8 + payload, 2).put(0, 2);
  }
  base::Bytes frame;
};

inline base::Bytes udp_frame(const std::string& source, const std::string& destination, std::uint16_t source_port,
                             std::uint16_t port, const std::string& text) {
  FrameWriter writer;
  writer.ethernet(0x0800).ipv4(source, destination, 17, 8 + text.size()).udp(source_port, port, text.size());
  for (const char byte : text) writer.put(static_cast<unsigned char>(byte), 1);
  return writer.frame;
}

inline base::Bytes in_vxlan(const base::Bytes& inside, std::uint32_t vni) {
  FrameWriter writer;
  const std::size_t size = inside.size() + 8;
  writer.ethernet(0x0800).ipv4("192.0.2.1", "192.0.2.2", 17, 8 + size).udp(50'000, 4789, size);
  return writer.put(0x08000000, 4).put(vni << 8, 4).put(inside).frame;
}

// With that many words of options.
inline base::Bytes in_geneve(const base::Bytes& inside, std::uint32_t vni, unsigned options) {
  FrameWriter writer;
  const std::size_t size = inside.size() + 8 + std::size_t{4} * options;
  writer.ethernet(0x0800).ipv4("192.0.2.1", "192.0.2.2", 17, 8 + size).udp(50'000, 6081, size);
  writer.put(options, 1).put(0, 1).put(0x6558, 2).put(vni << 8, 4);
  for (unsigned word = 0; word < options; ++word) writer.put(0, 4);
  return writer.put(inside).frame;
}

// The frame with a key, or the IP packet in it without one.
inline base::Bytes in_gre(const base::Bytes& inside, std::uint32_t vsid, bool ethernet) {
  FrameWriter writer;
  const base::BytesView carried = base::BytesView(inside).subspan(ethernet ? 0 : 14);
  writer.ethernet(0x0800).ipv4("192.0.2.1", "192.0.2.2", 47, carried.size() + (ethernet ? 8 : 4));
  if (ethernet) {
    writer.put(0x2000, 2).put(0x6558, 2).put(vsid << 8, 4);
  } else {
    writer.put(0, 2).put(std::to_integer<unsigned>(inside[12]) << 8 | std::to_integer<unsigned>(inside[13]), 2);
  }
  return writer.put(carried).frame;
}

inline base::Bytes tagged(const base::Bytes& frame, std::uint16_t id) {
  base::Bytes made = frame;
  const std::byte tag[] = {std::byte{0x81}, std::byte{0}, static_cast<std::byte>(id >> 8), static_cast<std::byte>(id)};
  made.insert(made.begin() + 12, std::begin(tag), std::end(tag));
  return made;
}

// Random frames, most of them in tunnels and behind tags, some cut.
inline std::vector<Frame> tunnel_pool(std::size_t count, std::uint64_t stream) {
  Random random(stream);
  FrameMaker maker(random, Damage::kSome);
  std::vector<Frame> frames(count);
  for (Frame& frame : frames) {
    base::Bytes bytes = maker.make();
    if (bytes.size() < 14) bytes.resize(14);
    for (unsigned layer = 0; layer < 2; ++layer) {
      const std::uint32_t vni = random.below(2) == 0 ? 5000 : 1;
      switch (random.below(8)) {
        case 0:
          bytes = in_vxlan(bytes, vni);
          break;
        case 1:
          bytes = in_geneve(bytes, vni, static_cast<unsigned>(random.below(3)));
          break;
        case 2:
          bytes = in_gre(bytes, vni, random.below(2) == 0);
          break;
        case 3:
          bytes = tagged(bytes, static_cast<std::uint16_t>(random.below(4096)));
          break;
        default:
          break;
      }
    }
    if (random.below(8) == 0) bytes.resize(14 + random.below(bytes.size() - 13));
    frame.bytes = std::move(bytes);
    frame.key = net::extract(frame.bytes);
    frame.excepted = is_excepted(frame.bytes);
  }
  return frames;
}

}  // namespace superspan::policy::testing
