// SPDX-License-Identifier: Apache-2.0
#include "net/nsh.h"

#include <algorithm>

namespace superspan::net {
namespace {

// RFC 8300 section 2.2, base header: version 0, O 0, TTL at bit 6, length in 4-byte words, MD type, next protocol.
constexpr std::uint16_t kLengthWords = 6;
constexpr std::uint8_t kMdType1 = 1;
constexpr std::uint8_t kNextEthernet = 3;
constexpr std::uint16_t kVersionMask = 0xc000;

MacAddress read_mac(base::ByteReader& reader) {
  MacAddress address;
  for (std::uint8_t& byte : address.bytes) byte = reader.u8();
  return address;
}

}  // namespace

std::optional<FabricFrame> parse_fabric_frame(base::BytesView frame) {
  base::ByteReader reader(frame);
  FabricFrame result;
  FabricHeader& header = result.header;
  header.destination = read_mac(reader);
  header.source = read_mac(reader);
  const std::uint16_t type = reader.be16();
  const std::uint16_t first = reader.be16();
  const std::uint8_t md_type = reader.u8() & 0x0f;
  const std::uint8_t next = reader.u8();
  const std::uint32_t path = reader.be32();
  header.tap = reader.be32();
  header.epoch = reader.be32();
  const std::uint64_t low = reader.be32();
  const std::uint64_t high = reader.be32();
  if (!reader.ok() || type != kEtherTypeNsh || (first & kVersionMask) != 0 || (first & 0x3f) != kLengthWords ||
      md_type != kMdType1 || next != kNextEthernet) {
    return std::nullopt;
  }
  header.ttl = (first >> 6) & 0x3f;
  header.service_path = path >> 8;
  header.service_index = static_cast<std::uint8_t>(path);
  header.policies = high << 32 | low;
  result.original = frame.subspan(reader.offset());
  return result;
}

base::Bytes make_fabric_frame(const FabricHeader& header, base::BytesView original) {
  base::ByteWriter writer;
  writer.bytes(base::as_bytes(header.destination.bytes));
  writer.bytes(base::as_bytes(header.source.bytes));
  writer.be16(kEtherTypeNsh);
  writer.be16(static_cast<std::uint16_t>((header.ttl & 0x3f) << 6 | kLengthWords));
  writer.u8(kMdType1);
  writer.u8(kNextEthernet);
  writer.be32(header.service_path << 8 | header.service_index);
  writer.be32(header.tap);
  writer.be32(header.epoch);
  writer.be32(static_cast<std::uint32_t>(header.policies));
  writer.be32(static_cast<std::uint32_t>(header.policies >> 32));
  writer.bytes(original);
  return writer.take();
}

}  // namespace superspan::net
