// SPDX-License-Identifier: Apache-2.0
// OpenFlow 1.0, 1.3, 1.4, 1.5 and Open vSwitch's extensions: values to bytes and back. The codec_*.cc files are the
// only code that includes headers of libopenvswitch, which does the wire formats.
//
// Decoded flows come in one form (see canonical()), so that a flow that a switch reports equals the flow that we sent.
// What has no value in flow.h decodes to a flow with Match::foreign or Flow::foreign set. Any bytes may be decoded.
// Source: OpenFlow Switch Specification 1.0.0, 1.3.5, 1.4.1, 1.5.1; ONF extension 230 (bundles); ovs-fields(7),
// ovs-actions(7). An Encoder or a Decoder is not thread-safe; different ones are independent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "openflow/flow.h"
#include "openflow/message.h"

namespace superspan::openflow {

inline constexpr std::size_t kHeaderBytes = 8;
inline constexpr std::size_t kMessageBytesMax = 65535;

struct Header {
  std::uint8_t version = 0;
  std::uint8_t type = 0;
  std::uint16_t length_bytes = 0;
  std::uint32_t xid = 0;
};
// The first 8 bytes; nothing if there are fewer.
[[nodiscard]] std::optional<Header> peek_header(base::BytesView bytes);

// Transaction ids are 32 bits, chosen by the sender of a request and repeated in its reply.
using Xid = std::uint32_t;

enum class BundleStep : std::uint16_t { kOpen = 0, kClose = 2, kCommit = 4, kDiscard = 6 };  // a reply is step + 1

// Requests of a controller. Every function appends one message to `out`.
class Encoder {
 public:
  // `nicira`: the peer takes Open vSwitch's extensions (only OpenFlow 1.0 asks; they are assumed from 1.3 on).
  Encoder(Version version, bool nicira);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  static void hello(base::Bytes& out, Xid xid, std::span<const Version> versions);
  static void hello_failed(base::Bytes& out, Xid xid, Version version, const std::string& text);

  void echo_request(base::Bytes& out, Xid xid);
  void echo_reply(base::Bytes& out, Xid xid, base::BytesView payload);
  void features_request(base::Bytes& out, Xid xid);
  void description_request(base::Bytes& out, Xid xid);
  void ports_request(base::Bytes& out, Xid xid);           // 1.3+ (1.0 has the ports in its features)
  void table_features_request(base::Bytes& out, Xid xid);  // 1.3+
  void config_request(base::Bytes& out, Xid xid);
  void set_config(base::Bytes& out, Xid xid, bool match_fragments);
  void role_request(base::Bytes& out, Xid xid, Role role, std::uint64_t generation_id);  // 1.0: Nicira's
  void enable_table_ids(base::Bytes& out, Xid xid);  // 1.0: Nicira's flow_mod_table_id
  void barrier_request(base::Bytes& out, Xid xid);
  void bundle_control(base::Bytes& out, Xid xid, std::uint32_t bundle, BundleStep step);  // 1.3+
  void flow_statistics_request(base::Bytes& out, Xid xid, const CookieFilter& only);  // of all tables; 1.0: all flows
  void port_statistics_request(base::Bytes& out, Xid xid);                            // all ports
  void table_statistics_request(base::Bytes& out, Xid xid);

  // kInvalid: the version cannot carry it; nothing is appended. With `bundle`, wrapped in a bundle-add message.
  [[nodiscard]] base::Status flow_mod(base::Bytes& out, Xid xid, const FlowMod& mod,
                                      std::optional<std::uint32_t> bundle = std::nullopt);
  [[nodiscard]] base::Status group_mod(base::Bytes& out, Xid xid, const GroupMod& mod,
                                       std::optional<std::uint32_t> bundle = std::nullopt);
  [[nodiscard]] base::Status packet_out(base::Bytes& out, Xid xid, const PacketOut& packet);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// --- decoded messages ---
struct Hello {
  std::uint32_t versions = 0;  // bit n set: wire version n; without a bitmap: the header's version and all below
  bool has_bitmap = false;
};
struct ErrorReply {
  std::string name;  // "OFPBMC_BAD_PREREQ"; "type 9 code 77" if unknown
  std::string text;  // of a failed hello: what the peer says, printable ASCII
};
struct EchoRequest {
  base::Bytes payload;
};
struct EchoReply {};
struct FeaturesReply {
  DatapathId datapath = 0;
  std::uint8_t table_count = 0;
  std::uint8_t auxiliary_id = 0;
  std::vector<Port> ports;  // 1.0 only
};
struct ConfigReply {
  bool matches_fragments = false;
};
struct BarrierReply {};
struct RoleReply {
  Role role = Role::kEqual;
};
struct BundleReply {
  std::uint32_t bundle = 0;
  std::uint16_t type = 0;
};
struct DescriptionReply {
  std::string manufacturer, hardware, software, serial;
};
template <typename T>
struct Multipart {
  std::vector<T> items;
  bool more = false;  // another message with the same xid follows
};
using PortsReply = Multipart<Port>;
using TableFeaturesReply = Multipart<Table>;
using FlowStatisticsReply = Multipart<FlowStatistics>;
using PortStatisticsReply = Multipart<PortStatistics>;
using TableStatisticsReply = Multipart<TableStatistics>;
struct OtherMessage {  // a type that a controller does not use
  std::string name;
};
// FlowMod and GroupMod are what a switch would receive; they serve tests and tools.
using Body = std::variant<Hello, ErrorReply, EchoRequest, EchoReply, FeaturesReply, ConfigReply, BarrierReply,
                          RoleReply, BundleReply, DescriptionReply, PortsReply, TableFeaturesReply, FlowStatisticsReply,
                          PortStatisticsReply, TableStatisticsReply, PacketIn, PortChange, FlowRemoved, FlowMod,
                          GroupMod, OtherMessage>;
struct Message {
  Header header;
  Body body;
};

class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  // One whole message (header.length_bytes long). kInvalid: malformed, with the name of libopenvswitch's error.
  [[nodiscard]] base::Result<Message> decode(base::BytesView message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The form in which flows come back from a switch: "no VLAN tag" is written vlan_tci=0x0000/0x1000. Whoever compares
// flows with decoded ones makes them canonical first.
[[nodiscard]] Flow canonical(Flow flow);

}  // namespace superspan::openflow
