// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/switch_model.h"
#include "net/nsh.h"

namespace superspan::fabric {
namespace {

using base::Bytes;
using base::ByteWriter;
using net::Field;

constexpr std::size_t kAddresses = 12;  // bytes in front of the EtherType
constexpr std::size_t kEthernet = 14;
constexpr std::size_t kTag = 4;
constexpr std::size_t kNsh = 24;

std::uint16_t be16(const Bytes& bytes, std::size_t offset) {
  base::ByteReader reader(base::BytesView(bytes).subspan(std::min(offset, bytes.size())));
  return reader.be16();
}

bool is_tagged(const SimulatedPacket& packet) {
  if (!packet.ethernet || packet.bytes.size() < kEthernet + kTag) return false;
  const std::uint16_t type = be16(packet.bytes, kAddresses);
  return type == 0x8100 || type == 0x88a8;
}

void insert(Bytes& bytes, std::size_t offset, const Bytes& more) {
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(offset), more.begin(), more.end());
}

void erase(Bytes& bytes, std::size_t offset, std::size_t count) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  bytes.erase(first, first + static_cast<std::ptrdiff_t>(count));
}

struct Span {  // a field's bytes; the field is all of them
  std::size_t offset;
  std::size_t size;
};

// Where the header fields that our pipelines write stand in the packet.
std::optional<Span> span_of(const SimulatedPacket& packet, Field field) {
  const std::size_t nsh = packet.ethernet ? kEthernet : 0;
  switch (field) {
    case Field::kEthDestination:
      return packet.ethernet ? std::optional(Span{0, 6}) : std::nullopt;
    case Field::kEthSource:
      return packet.ethernet ? std::optional(Span{6, 6}) : std::nullopt;
    case Field::kNshSpi:
      return Span{nsh + 4, 3};
    case Field::kNshSi:
      return Span{nsh + 7, 1};
    case Field::kNshContext1:
      return Span{nsh + 8, 4};
    case Field::kNshContext2:
      return Span{nsh + 12, 4};
    case Field::kNshContext3:
      return Span{nsh + 16, 4};
    case Field::kNshContext4:
      return Span{nsh + 20, 4};
    default:
      return std::nullopt;
  }
}

}  // namespace

net::FlowKey key_of(const SimulatedPacket& packet, unsigned vlan_limit) {
  if (packet.ethernet) return net::extract(packet.bytes, vlan_limit);
  SimulatedPacket framed = packet;
  encap_ethernet(framed);
  return net::extract(framed.bytes, vlan_limit);
}

bool push_vlan(SimulatedPacket& packet, std::uint16_t tpid) {
  if (!packet.ethernet || packet.bytes.size() < kEthernet) return false;
  ByteWriter tag;
  tag.be16(tpid);
  tag.be16(0);
  insert(packet.bytes, kAddresses, tag.view());
  return true;
}

bool pop_vlan(SimulatedPacket& packet) {
  if (is_tagged(packet)) erase(packet.bytes, kAddresses, kTag);
  return true;
}

bool set_vlan_id(SimulatedPacket& packet, std::uint16_t id) {
  if (!is_tagged(packet) && !push_vlan(packet, 0x8100)) return false;
  const std::uint16_t tci = static_cast<std::uint16_t>((be16(packet.bytes, kEthernet) & 0xf000) | (id & 0x0fff));
  packet.bytes[kEthernet] = static_cast<std::byte>(tci >> 8);
  packet.bytes[kEthernet + 1] = static_cast<std::byte>(tci);
  return true;
}

bool encap_nsh(SimulatedPacket& packet) {
  if (!packet.ethernet) return false;
  const net::FabricHeader empty;
  const Bytes framed = net::make_fabric_frame(empty, packet.bytes);
  packet.bytes.assign(framed.begin() + kEthernet, framed.end());
  packet.ethernet = false;
  return true;
}

bool encap_ethernet(SimulatedPacket& packet) {
  if (packet.ethernet) return false;
  ByteWriter header;
  header.zeros(kAddresses);
  header.be16(net::kEtherTypeNsh);
  insert(packet.bytes, 0, header.view());
  packet.ethernet = true;
  return true;
}

bool decap(SimulatedPacket& packet) {
  if (packet.ethernet) {
    if (packet.bytes.size() < kEthernet + kNsh || be16(packet.bytes, kAddresses) != net::kEtherTypeNsh) return false;
    erase(packet.bytes, 0, kEthernet);
  } else {
    erase(packet.bytes, 0, kNsh);
  }
  packet.ethernet = !packet.ethernet;
  return true;
}

bool set_field(SimulatedPacket& packet, Field field, net::U128 value, net::U128 mask) {
  const auto span = span_of(packet, field);
  if (!span || span->offset + span->size > packet.bytes.size()) return false;
  for (std::size_t index = span->size; index-- > 0; value >>= 8, mask >>= 8) {
    std::byte& byte = packet.bytes[span->offset + index];
    byte = (byte & ~static_cast<std::byte>(mask)) | static_cast<std::byte>(value & mask);
  }
  return true;
}

}  // namespace superspan::fabric
