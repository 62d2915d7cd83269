// SPDX-License-Identifier: Apache-2.0
// The Decoder: messages of a switch as values.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>
#include <openvswitch/netdev.h>
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-connection.h>
#include <openvswitch/ofp-packet.h>
#include <openvswitch/ofp-port.h>
#include <openvswitch/ofp-switch.h>
#include <openvswitch/ofp-table.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace superspan::openflow {
namespace {

using codec::Buffer;
using codec::integer;
using codec::malformed;

constexpr std::uint8_t kTypeHello = 0;

std::string printable(const char* text, std::size_t size_bytes) {
  if (size_bytes == 0) return {};  // then text may be null
  std::string result(text, strnlen(text, size_bytes));
  for (char& letter : result) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  return result;
}

Port to_port(const ofputil_phy_port& from) {
  Port port;
  port.number = codec::from_library_port(from.port_no);
  port.name = printable(from.name, sizeof(from.name));
  std::ranges::copy(from.hw_addr.ea, port.address.bytes.begin());
  port.admin_down = (integer(from.config) & OFPUTIL_PC_PORT_DOWN) != 0;
  port.link_down = (integer(from.state) & OFPUTIL_PS_LINK_DOWN) != 0;
  port.speed_kbps = from.curr_speed;
  return port;
}

Hello read_hello(base::BytesView message) {
  base::ByteReader reader(message);
  const std::uint8_t version = reader.u8();
  reader.skip(kHeaderBytes - 1);
  Hello hello;
  hello.versions = version >= 31 ? UINT32_MAX : (2U << version) - 1;
  while (reader.remaining() >= 4) {
    const std::uint16_t type = reader.be16();
    const std::size_t length = reader.be16();
    if (length < 4) break;
    base::ByteReader element(reader.take(length - 4));
    reader.skip(std::min((8 - length % 8) % 8, reader.remaining()));
    if (type != OFPHET_VERSIONBITMAP || element.remaining() < 4) continue;
    hello.versions = element.be32();
    hello.has_bitmap = true;
  }
  hello.versions &= ~1U;
  return hello;
}

ErrorReply read_error(const ofp_header* header, base::BytesView message) {
  ErrorReply reply;
  Buffer payload(0);
  const ofperr error = ofperr_decode_msg(header, payload.get());
  if (error != 0) {
    reply.name = ofperr_get_name(error);
    if (error == OFPERR_OFPHFC_INCOMPATIBLE || error == OFPERR_OFPHFC_EPERM) {
      reply.text = printable(static_cast<const char*>(payload.get()->data), payload.get()->size);
    }
    return reply;
  }
  base::ByteReader reader(message);
  reader.skip(kHeaderBytes);
  const unsigned type = reader.be16();
  const unsigned code = reader.be16();
  reply.name = "type " + std::to_string(type) + " code " + std::to_string(code);
  return reply;
}

std::optional<Role> to_role(ofp12_controller_role role) {
  switch (role) {
    case OFPCR12_ROLE_EQUAL:
      return Role::kEqual;
    case OFPCR12_ROLE_PRIMARY:
      return Role::kMaster;
    case OFPCR12_ROLE_SECONDARY:
      return Role::kSlave;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Header> peek_header(base::BytesView bytes) {
  base::ByteReader reader(bytes);
  Header header;
  header.version = reader.u8();
  header.type = reader.u8();
  header.length_bytes = reader.be16();
  header.xid = reader.be32();
  if (!reader.ok()) return std::nullopt;
  return header;
}

class Decoder::Impl {
 public:
  Impl() { codec::silence_library(); }
  base::Result<Body> decode(const Header& header, base::BytesView message);

 private:
  using Read = base::Result<Body>;

  Read by_type(ofptype type, const ofp_header* header);
  Read features(ofpbuf* message, std::uint8_t version);
  Read description(ofpbuf* message);
  Read ports(ofpbuf* message, const ofp_header* header);
  Read tables(ofpbuf* message, const ofp_header* header);
  Read port_statistics(ofpbuf* message, const ofp_header* header);
  Read table_statistics(ofpbuf* message, const ofp_header* header);
  Read packet_in(const ofp_header* header);
  Read port_status(const ofp_header* header);
  Read role(const ofp_header* header);
  Read bundle(const ofp_header* header);

  std::vector<ofp_header> aligned_;  // libopenvswitch wants messages on 8-byte boundaries
  Buffer actions_{1024};
};

base::Result<Body> Decoder::Impl::decode(const Header& header, base::BytesView message) {
  if (header.type == kTypeHello) return read_hello(message);
  aligned_.resize((message.size() + sizeof(ofp_header) - 1) / sizeof(ofp_header));
  std::memcpy(aligned_.data(), message.data(), message.size());
  const ofp_header* wire = aligned_.data();
  ofptype type;
  if (const ofperr error = ofptype_decode(&type, wire); error != 0) {
    const bool unknown = error == OFPERR_OFPBRC_BAD_TYPE || error == OFPERR_OFPBRC_BAD_STAT ||
                         error == OFPERR_OFPBRC_BAD_VENDOR || error == OFPERR_OFPBRC_BAD_SUBTYPE;
    if (unknown) return OtherMessage{"type " + std::to_string(header.type)};
    return std::unexpected(malformed(error));
  }
  if (type == OFPTYPE_ERROR) return read_error(wire, message);
  if (type == OFPTYPE_ECHO_REQUEST) {
    const base::BytesView payload = message.subspan(kHeaderBytes);
    return EchoRequest{base::Bytes(payload.begin(), payload.end())};
  }
  return by_type(type, wire);
}

Decoder::Impl::Read Decoder::Impl::by_type(ofptype type, const ofp_header* header) {
  ofpbuf message = ofpbuf_const_initializer(header, ntohs(header->length));
  switch (type) {
    case OFPTYPE_ECHO_REPLY:
      return EchoReply{};
    case OFPTYPE_BARRIER_REPLY:
      return BarrierReply{};
    case OFPTYPE_FEATURES_REPLY:
      return features(&message, header->version);
    case OFPTYPE_GET_CONFIG_REPLY: {
      ofputil_switch_config config;
      ofputil_decode_get_config_reply(header, &config);
      return ConfigReply{integer(config.frag) == OFPUTIL_FRAG_NX_MATCH};
    }
    case OFPTYPE_ROLE_REPLY:
      return role(header);
    case OFPTYPE_BUNDLE_CONTROL:
      return bundle(header);
    case OFPTYPE_DESC_STATS_REPLY:
      return description(&message);
    case OFPTYPE_PORT_DESC_STATS_REPLY:
      return ports(&message, header);
    case OFPTYPE_TABLE_FEATURES_STATS_REPLY:
      return tables(&message, header);
    case OFPTYPE_FLOW_STATS_REPLY:
      return codec::read_flow_statistics(&message, header, actions_);
    case OFPTYPE_PORT_STATS_REPLY:
      return port_statistics(&message, header);
    case OFPTYPE_TABLE_STATS_REPLY:
      return table_statistics(&message, header);
    case OFPTYPE_PACKET_IN:
      return packet_in(header);
    case OFPTYPE_PORT_STATUS:
      return port_status(header);
    case OFPTYPE_FLOW_REMOVED:
      return codec::read_flow_removed(header);
    case OFPTYPE_FLOW_MOD:
      return codec::read_flow_mod(header, actions_);
    case OFPTYPE_GROUP_MOD:
      return codec::read_group_mod(header);
    default:
      return OtherMessage{ofptype_get_name(type)};
  }
}

Decoder::Impl::Read Decoder::Impl::features(ofpbuf* message, std::uint8_t version) {
  ofputil_switch_features wire;
  if (const ofperr error = ofputil_pull_switch_features(message, &wire); error != 0) {
    return std::unexpected(malformed(error));
  }
  FeaturesReply reply;
  reply.datapath = wire.datapath_id;
  reply.table_count = wire.n_tables;
  reply.auxiliary_id = wire.auxiliary_id;
  if (version != OFP10_VERSION) return reply;
  for (;;) {
    ofputil_phy_port port;
    const int error = ofputil_pull_phy_port(OFP10_VERSION, message, &port);
    if (error == EOF) break;
    if (error != 0) return std::unexpected(malformed(error));
    reply.ports.push_back(to_port(port));
  }
  return reply;
}

Decoder::Impl::Read Decoder::Impl::description(ofpbuf* message) {
  ofpraw raw;
  if (const ofperr error = ofpraw_pull(&raw, message); error != 0) return std::unexpected(malformed(error));
  if (message->size < sizeof(ofp_desc_stats)) return std::unexpected(malformed(OFPERR_OFPBRC_BAD_LEN));
  const auto* wire = static_cast<const ofp_desc_stats*>(message->data);
  return DescriptionReply{
      printable(wire->mfr_desc, sizeof(wire->mfr_desc)), printable(wire->hw_desc, sizeof(wire->hw_desc)),
      printable(wire->sw_desc, sizeof(wire->sw_desc)), printable(wire->serial_num, sizeof(wire->serial_num))};
}

Decoder::Impl::Read Decoder::Impl::ports(ofpbuf* message, const ofp_header* header) {
  ofpraw raw;
  if (const ofperr error = ofpraw_pull(&raw, message); error != 0) return std::unexpected(malformed(error));
  PortsReply reply;
  reply.more = ofpmp_more(header);
  for (;;) {
    ofputil_phy_port port;
    const int error = ofputil_pull_phy_port(static_cast<ofp_version>(header->version), message, &port);
    if (error == EOF) return reply;
    if (error != 0) return std::unexpected(malformed(error));
    reply.items.push_back(to_port(port));
  }
}

Decoder::Impl::Read Decoder::Impl::tables(ofpbuf* message, const ofp_header* header) {
  TableFeaturesReply reply;
  reply.more = ofpmp_more(header);
  for (;;) {
    ofputil_table_features table;
    const int error = ofputil_decode_table_features(message, &table, nullptr);
    if (error == EOF) return reply;
    if (error != 0) return std::unexpected(malformed(error));
    reply.items.push_back({table.table_id, printable(table.name, sizeof(table.name)), table.max_entries});
  }
}

Decoder::Impl::Read Decoder::Impl::port_statistics(ofpbuf* message, const ofp_header* header) {
  PortStatisticsReply reply;
  reply.more = ofpmp_more(header);
  for (;;) {
    ofputil_port_stats wire;
    const int error = ofputil_decode_port_stats(&wire, message);
    if (error == EOF) return reply;
    if (error != 0) return std::unexpected(malformed(error));
    netdev_free_custom_stats_counters(&wire.custom_stats);
    const netdev_stats& counts = wire.stats;
    reply.items.push_back({codec::from_library_port(wire.port_no), counts.rx_packets, counts.tx_packets,
                           counts.rx_bytes, counts.tx_bytes, counts.rx_dropped, counts.tx_dropped, counts.rx_errors,
                           counts.tx_errors});
  }
}

Decoder::Impl::Read Decoder::Impl::table_statistics(ofpbuf* message, const ofp_header* header) {
  TableStatisticsReply reply;
  reply.more = ofpmp_more(header);
  for (;;) {
    ofputil_table_stats wire;
    ofputil_table_features unused;
    const int error = ofputil_decode_table_stats_reply(message, &wire, &unused);
    if (error == EOF) return reply;
    if (error != 0) return std::unexpected(malformed(error));
    reply.items.push_back({wire.table_id, wire.active_count, wire.lookup_count, wire.matched_count});
  }
}

Decoder::Impl::Read Decoder::Impl::packet_in(const ofp_header* header) {
  ofputil_packet_in wire;
  std::size_t total_bytes = 0;
  const ofperr error = ofputil_decode_packet_in(header, true, nullptr, nullptr, &wire, &total_bytes, nullptr, nullptr);
  if (error != 0) return std::unexpected(malformed(error));
  PacketIn result;
  result.in_port = codec::from_library_port(wire.flow_metadata.flow.in_port.ofp_port);
  result.table = wire.table_id;
  result.cookie = be64toh(wire.cookie);
  result.table_miss = integer(wire.reason) == OFPR_NO_MATCH;
  result.total_bytes = total_bytes;
  if (wire.packet != nullptr) {
    const auto* begin = static_cast<const std::byte*>(wire.packet);
    result.frame.assign(begin, begin + wire.packet_len);
  }
  return result;
}

Decoder::Impl::Read Decoder::Impl::port_status(const ofp_header* header) {
  ofputil_port_status wire;
  if (const ofperr error = ofputil_decode_port_status(header, &wire); error != 0) {
    return std::unexpected(malformed(error));
  }
  const PortEvent event = wire.reason == OFPPR_ADD      ? PortEvent::kAdded
                          : wire.reason == OFPPR_DELETE ? PortEvent::kDeleted
                                                        : PortEvent::kModified;
  return PortChange{event, to_port(wire.desc)};
}

Decoder::Impl::Read Decoder::Impl::role(const ofp_header* header) {
  ofputil_role_request wire;
  if (const ofperr error = ofputil_decode_role_message(header, &wire); error != 0) {
    return std::unexpected(malformed(error));
  }
  const auto role = to_role(wire.role);
  if (!role) return std::unexpected(malformed(OFPERR_OFPRRFC_BAD_ROLE));
  return RoleReply{*role};
}

Decoder::Impl::Read Decoder::Impl::bundle(const ofp_header* header) {
  ofputil_bundle_ctrl_msg wire;
  if (const ofperr error = ofputil_decode_bundle_ctrl(header, &wire); error != 0) {
    return std::unexpected(malformed(error));
  }
  return BundleReply{wire.bundle_id, wire.type};
}

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

base::Result<Message> Decoder::decode(base::BytesView message) {
  const auto header = peek_header(message);
  if (!header || header->length_bytes != message.size()) return std::unexpected(malformed(OFPERR_OFPBRC_BAD_LEN));
  auto body = impl_->decode(*header, message);
  if (!body) return std::unexpected(body.error());
  return Message{*header, std::move(*body)};
}

Flow canonical(Flow flow) {
  constexpr unsigned kVlanPresent = 0x1000;
  for (net::FieldTest& test : flow.key.match.headers) {
    const bool no_tag =
        test.field == net::Field::kVlanTci && (test.mask & kVlanPresent) != 0 && (test.value & kVlanPresent) == 0;
    if (no_tag) test = {test.field, 0, kVlanPresent};
  }
  return flow;
}

}  // namespace superspan::openflow
