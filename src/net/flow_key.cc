// SPDX-License-Identifier: Apache-2.0
#include "net/flow_key.h"

#include <algorithm>

namespace superspan::net {
namespace {

using base::ByteReader;
using base::BytesView;

constexpr std::uint16_t kEtherTypeMin = 0x0600;
constexpr std::uint16_t kEtherTypeNone = 0x05ff;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint16_t kEtherTypeRarp = 0x8035;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;
constexpr std::uint16_t kEtherTypeServiceHeader = 0x894f;
constexpr std::uint16_t kVlanPresent = 0x1000;
constexpr unsigned kFragmentFirst = 1;
constexpr unsigned kFragmentLater = 3;

enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kIgmp = 2,
  kTcp = 6,
  kUdp = 17,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kIcmp6 = 58,
  kDestinationOptions = 60,
  kSctp = 132,
};

// Each function gets the bytes behind the headers parsed so far and returns what is left for the next one.
BytesView rest(BytesView bytes, std::size_t count) {
  return bytes.subspan(std::min(count, bytes.size()));
}

std::uint16_t be16_at(BytesView bytes, std::size_t offset) {
  ByteReader reader(rest(bytes, offset));
  return reader.be16();
}

U128 be128(ByteReader& reader) {
  const U128 high = reader.be64();
  return high << 64 | reader.be64();
}

// EtherType at the front of `bytes`; an LLC/SNAP header with the Ethernet OUI yields the type inside it.
BytesView parse_ether_type(BytesView bytes, FlowKey& key) {
  ByteReader reader(bytes);
  const std::uint16_t type = reader.be16();
  key[Field::kEthType] = type;
  if (type >= kEtherTypeMin) return rest(bytes, 2);
  key[Field::kEthType] = kEtherTypeNone;
  const std::uint64_t llc = reader.be32();
  const std::uint64_t organisation = llc << 16 | reader.be16();
  const std::uint16_t snap_type = reader.be16();
  if (!reader.ok() || organisation != 0xaaaa03000000) return rest(bytes, 2);
  if (snap_type >= kEtherTypeMin) key[Field::kEthType] = snap_type;
  return rest(bytes, 10);
}

BytesView parse_ethernet(BytesView frame, unsigned vlan_limit, FlowKey& key) {
  ByteReader reader(frame);
  key[Field::kEthDestination] = U128{reader.be16()} << 32;
  key[Field::kEthDestination] |= reader.be32();
  key[Field::kEthSource] = U128{reader.be16()} << 32;
  key[Field::kEthSource] |= reader.be32();
  BytesView bytes = rest(frame, 12);
  for (unsigned tags = 0; tags < vlan_limit && bytes.size() >= 6; ++tags) {
    const std::uint16_t type = be16_at(bytes, 0);
    if (type != kEtherTypeVlan && type != kEtherTypeServiceVlan) break;
    if (tags == 0) key[Field::kVlanTci] = be16_at(bytes, 2) | kVlanPresent;
    bytes = rest(bytes, 4);
  }
  return parse_ether_type(bytes, key);
}

void parse_ports(BytesView bytes, FlowKey& key) {
  key[Field::kL4Source] = be16_at(bytes, 0);
  key[Field::kL4Destination] = be16_at(bytes, 2);
}

void parse_type_and_code(BytesView bytes, FlowKey& key) {
  ByteReader reader(bytes);
  key[Field::kL4Source] = reader.u8();
  key[Field::kL4Destination] = reader.u8();
}

void parse_tcp(BytesView bytes, FlowKey& key) {
  constexpr std::size_t kHeaderMin = 20;
  if (bytes.size() < kHeaderMin) return;
  const std::uint16_t control = be16_at(bytes, 12);
  const std::size_t header = (control >> 12) * std::size_t{4};
  if (header < kHeaderMin || bytes.size() < header) return;
  parse_ports(bytes, key);
  key[Field::kTcpFlags] = control & 0x0fffU;
}

void parse_transport(BytesView bytes, FlowKey& key) {
  if (key[Field::kIpFragment] == kFragmentLater) return;
  switch (static_cast<std::uint8_t>(key[Field::kIpProto])) {
    case kTcp:
      parse_tcp(bytes, key);
      break;
    case kUdp:
      if (bytes.size() >= 8) parse_ports(bytes, key);
      break;
    case kSctp:
      if (bytes.size() >= 12) parse_ports(bytes, key);
      break;
    case kIcmp:
    case kIgmp:
    case kIcmp6:
      if (bytes.size() >= 8) parse_type_and_code(bytes, key);
      break;
    default:
      break;
  }
}

void set_traffic_class(std::uint8_t traffic_class, FlowKey& key) {
  key[Field::kIpDscp] = traffic_class >> 2;
  key[Field::kIpEcn] = traffic_class & 3;
}

void parse_ipv4(BytesView bytes, FlowKey& key) {
  constexpr std::size_t kHeaderMin = 20;
  ByteReader reader(bytes);
  const std::size_t header = (reader.u8() & 0x0fU) * std::size_t{4};
  const std::uint8_t traffic_class = reader.u8();
  const std::size_t total = reader.be16();
  reader.skip(2);
  const std::uint16_t fragment = reader.be16();
  const std::uint8_t ttl = reader.u8();
  const std::uint8_t protocol = reader.u8();
  reader.skip(2);
  const std::uint32_t source = reader.be32();
  const std::uint32_t destination = reader.be32();
  if (!reader.ok() || header < kHeaderMin || header > total || total > bytes.size()) return;
  if (bytes.size() - total > 0xffff) return;  // padding that Open vSwitch cannot note
  set_traffic_class(traffic_class, key);
  key[Field::kIpTtl] = ttl;
  key[Field::kIpProto] = protocol;
  key[Field::kIpv4Source] = source;
  key[Field::kIpv4Destination] = destination;
  if ((fragment & 0x1fff) != 0) {
    key[Field::kIpFragment] = kFragmentLater;
  } else if ((fragment & 0x2000) != 0) {
    key[Field::kIpFragment] = kFragmentFirst;
  }
  parse_transport(bytes.first(total).subspan(header), key);
}

struct ExtensionWalk {
  BytesView bytes;
  std::uint8_t protocol;
  unsigned fragment = 0;
};

// Steps over one extension header. False: there is none to step over, or it is broken (then `ok` is false).
bool step(ExtensionWalk& walk, bool& ok) {
  const std::uint8_t kind = walk.protocol;
  const bool option = kind == kHopByHop || kind == kRouting || kind == kDestinationOptions;
  if (!option && kind != kAuthentication && kind != kFragment) return false;
  ByteReader reader(walk.bytes);
  const std::uint8_t next = reader.u8();
  const std::size_t units = reader.u8();
  const std::uint16_t offset = reader.be16();
  std::size_t length = 8;
  if (option) length = (units + 1) * 8;
  if (kind == kAuthentication) length = (units + 2) * 4;
  ok = walk.bytes.size() >= std::max<std::size_t>(length, 8);
  if (!ok) return false;
  walk.protocol = next;
  walk.bytes = rest(walk.bytes, length);
  if (kind != kFragment || offset == 0) return true;
  walk.fragment = (offset & 0xfff8) != 0 ? kFragmentLater : kFragmentFirst;
  if (walk.fragment == kFragmentLater) walk.protocol = kFragment;
  return walk.fragment != kFragmentLater;
}

void parse_ipv6(BytesView bytes, FlowKey& key) {
  constexpr std::size_t kHeader = 40;
  ByteReader reader(bytes);
  const std::uint32_t version_class_label = reader.be32();
  const std::size_t payload = reader.be16();
  const std::uint8_t next = reader.u8();
  const std::uint8_t hop_limit = reader.u8();
  const U128 source = be128(reader);
  const U128 destination = be128(reader);
  if (!reader.ok() || kHeader + payload > bytes.size()) return;
  if (bytes.size() - payload - kHeader > 0xffff) return;  // padding that Open vSwitch cannot note
  key[Field::kIpv6Source] = source;
  key[Field::kIpv6Destination] = destination;
  ExtensionWalk walk{bytes.subspan(kHeader, payload), next, 0};
  bool ok = true;
  while (step(walk, ok)) {
  }
  if (!ok) return;
  set_traffic_class(static_cast<std::uint8_t>(version_class_label >> 20), key);
  key[Field::kIpTtl] = hop_limit;
  key[Field::kIpProto] = walk.protocol;
  key[Field::kIpFragment] = walk.fragment;
  parse_transport(walk.bytes, key);
}

void parse_arp(BytesView bytes, FlowKey& key) {
  ByteReader reader(bytes);
  const std::uint64_t formats = reader.be64();
  const auto opcode = static_cast<std::uint16_t>(formats);
  reader.skip(6);
  const std::uint32_t sender = reader.be32();
  reader.skip(6);
  const std::uint32_t target = reader.be32();
  if (!reader.ok() || formats >> 16 != 0x000108000604) return;  // Ethernet, IPv4, 6- and 4-byte addresses
  key[Field::kArpSource] = sender;
  key[Field::kArpTarget] = target;
  if (opcode <= 0xff) key[Field::kIpProto] = opcode;
}

void parse_service_header(BytesView bytes, FlowKey& key) {
  constexpr std::size_t kBase = 8;
  constexpr std::size_t kType1 = 24;
  ByteReader reader(bytes);
  const std::uint16_t version_ttl_length = reader.be16();
  const std::uint8_t metadata_type = reader.u8();  // with its reserved bits, as Open vSwitch compares it
  reader.skip(1);
  const std::uint32_t path = reader.be32();
  const std::size_t length = (version_ttl_length & 0x3fU) * std::size_t{4};
  if (!reader.ok() || length > bytes.size() || version_ttl_length >> 14 != 0) return;
  if (metadata_type == 1 && length != kType1) return;
  if (metadata_type == 2 && length < kBase) return;
  key[Field::kNshSpi] = path >> 8;
  key[Field::kNshSi] = path & 0xff;
  if (metadata_type != 1) return;
  for (const Field word : {Field::kNshContext1, Field::kNshContext2, Field::kNshContext3, Field::kNshContext4}) {
    key[word] = reader.be32();
  }
}

}  // namespace

FlowKey extract(BytesView frame, unsigned vlan_limit) {
  FlowKey key;
  if (frame.size() < 14) return key;
  const BytesView payload = parse_ethernet(frame, vlan_limit, key);
  switch (static_cast<std::uint16_t>(key[Field::kEthType])) {
    case kEtherTypeIpv4:
      parse_ipv4(payload, key);
      break;
    case kEtherTypeIpv6:
      parse_ipv6(payload, key);
      break;
    case kEtherTypeArp:
    case kEtherTypeRarp:
      parse_arp(payload, key);
      break;
    case kEtherTypeServiceHeader:
      parse_service_header(payload, key);
      break;
    default:
      break;
  }
  return key;
}

bool matches(const Cube& cube, const FlowKey& key) {
  return std::ranges::all_of(cube, [&key](const FieldTest& test) { return test.matches(key[test.field]); });
}

}  // namespace superspan::net
