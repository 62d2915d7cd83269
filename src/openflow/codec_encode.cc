// SPDX-License-Identifier: Apache-2.0
// The Encoder: requests of a controller as bytes.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>
#include <endian.h>
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-connection.h>
#include <openvswitch/ofp-group.h>
#include <openvswitch/ofp-packet.h>
#include <openvswitch/ofp-port.h>
#include <openvswitch/ofp-switch.h>
#include <openvswitch/ofp-table.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/vlog.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace superspan::openflow {
namespace {

using base::ErrorCode;
using codec::Buffer;
using codec::Dialect;
using codec::wire_version;

constexpr std::uint16_t kBundleFlags = OFPBF_ATOMIC | OFPBF_ORDERED;
constexpr std::uint16_t kMissBytes = 128;  // of a packet that no flow matched, for switches that send it to us

void append(base::Bytes& out, const ofpbuf* message) {
  const auto* begin = static_cast<const std::byte*>(message->data);
  out.insert(out.end(), begin, begin + message->size);
}

ofp_header* header_at(ofpbuf* message, std::size_t offset) {
  return static_cast<ofp_header*>(ofpbuf_at_assert(message, offset, sizeof(ofp_header)));
}

// Takes a message that libopenvswitch allocated, with an xid of its own choice.
void append_owned(base::Bytes& out, Xid xid, ofpbuf* message) {
  ofpmsg_update_length(message);
  header_at(message, 0)->xid = htonl(xid);
  append(out, message);
  ofpbuf_delete(message);
}

base::Status too_long() {
  return base::fail(ErrorCode::kInvalid, "the message is longer than OpenFlow's 65535 bytes");
}

// Groups own their buckets through lists of malloc'ed structs; this frees them whatever happens.
struct OwnedGroupMod {
  ofputil_group_mod mod{};
  OwnedGroupMod() { ovs_list_init(&mod.buckets); }
  ~OwnedGroupMod() { ofputil_uninit_group_mod(&mod); }
  OwnedGroupMod(const OwnedGroupMod&) = delete;
  OwnedGroupMod& operator=(const OwnedGroupMod&) = delete;
};

std::uint8_t wire_type(GroupType type) {
  switch (type) {
    case GroupType::kAll:
      return OFPGT11_ALL;
    case GroupType::kSelect:
      return OFPGT11_SELECT;
    case GroupType::kIndirect:
      return OFPGT11_INDIRECT;
    case GroupType::kFastFailover:
      return OFPGT11_FF;
  }
  return OFPGT11_ALL;
}

std::uint16_t wire_command(GroupCommand command) {
  switch (command) {
    case GroupCommand::kAdd:
      return OFPGC15_ADD;
    case GroupCommand::kModify:
      return OFPGC15_MODIFY;
    case GroupCommand::kDelete:
      return OFPGC15_DELETE;
  }
  return OFPGC15_DELETE;
}

}  // namespace

namespace codec {

void silence_library() {
  static const bool done = [] {
    vlog_set_levels(nullptr, VLF_ANY_DESTINATION, VLL_OFF);
    return true;
  }();
  (void)done;
}

}  // namespace codec

class Encoder::Impl {
 public:
  Impl(Version version, bool nicira) : dialect_{version, version != Version::k10 || nicira} {
    codec::silence_library();
  }

  [[nodiscard]] ofp_version version() const { return wire_version(dialect_.version); }
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  [[nodiscard]] ofputil_protocol protocol() const { return codec::protocol(dialect_); }

  void empty(base::Bytes& out, Xid xid, ofpraw raw) { append_owned(out, xid, ofpraw_alloc(raw, version(), 0)); }

  base::Status flow_mod(base::Bytes& out, Xid xid, const FlowMod& mod, std::optional<std::uint32_t> bundle);
  base::Status group_mod(base::Bytes& out, Xid xid, const GroupMod& mod, std::optional<std::uint32_t> bundle);
  base::Status packet_out(base::Bytes& out, Xid xid, const PacketOut& packet);

 private:
  base::Status prepare(const FlowMod& mod);
  base::Status prepare_actions(std::span<const Action> actions, int ip_proto);
  base::Status flow_mod_oxm(base::Bytes& out, Xid xid, const FlowMod& mod, std::optional<std::uint32_t> bundle);
  base::Status flow_mod_10(base::Bytes& out, Xid xid, const FlowMod& mod);
  void begin_bundle_add(ofpbuf* message, Xid xid, std::uint32_t bundle);
  base::Status add_bucket(const Bucket& bucket, std::uint32_t id, GroupType type, ofputil_group_mod& mod);

  Dialect dialect_;
  match match_{};
  Buffer message_{1024};
  Buffer scratch_{512};  // actions of groups and packets
  // Actions of a flow, in the library's form and (from OpenFlow 1.1 on) as instructions. They are kept for the next
  // flow: neighbours in a transaction mostly do the same.
  std::vector<Action> prepared_;
  int prepared_ip_proto_ = -1;
  Buffer actions_{512};
  Buffer instructions_{512};
};

// Fills match_ and, unless it is deleted, actions_ and instructions_.
base::Status Encoder::Impl::prepare(const FlowMod& mod) {
  if (const base::Status status = codec::to_library(mod.flow.key.match, dialect_, match_); !status) return status;
  if (mod.command != FlowCommand::kAdd) return {};
  if (!mod.flow.foreign.empty() || !mod.flow.key.match.foreign.empty()) {
    return base::fail(ErrorCode::kInvalid, "a foreign flow can only be deleted");
  }
  if (mod.flow.cookie == UINT64_MAX) return base::fail(ErrorCode::kInvalid, "cookie 0xffffffffffffffff is reserved");
  return prepare_actions(mod.flow.actions, codec::ip_proto(mod.flow.key.match));
}

base::Status Encoder::Impl::prepare_actions(std::span<const Action> actions, int ip_proto) {
  if (prepared_ip_proto_ == ip_proto && std::ranges::equal(prepared_, actions)) return {};
  prepared_.clear();
  instructions_.cleared();
  prepared_ip_proto_ = -1;
  if (auto status = codec::to_library(actions, ip_proto, dialect_, actions_.cleared()); !status) {
    actions_.cleared();
    return status;
  }
  prepared_.assign(actions.begin(), actions.end());
  prepared_ip_proto_ = ip_proto;
  if (dialect_.version == Version::k10) return {};
  const ofpbuf* ofpacts = actions_.get();
  ofpacts_put_openflow_instructions(static_cast<const ofpact*>(ofpacts->data), ofpacts->size, instructions_.get(),
                                    version());
  return {};
}

void Encoder::Impl::begin_bundle_add(ofpbuf* message, Xid xid, std::uint32_t bundle) {
  const ofpraw raw =
      dialect_.version == Version::k13 ? OFPRAW_ONFT13_BUNDLE_ADD_MESSAGE : OFPRAW_OFPT14_BUNDLE_ADD_MESSAGE;
  ofpraw_put_xid(raw, version(), htonl(xid), message);
  auto* control = static_cast<ofp14_bundle_ctrl_msg*>(ofpbuf_put_zeros(message, sizeof(ofp14_bundle_ctrl_msg)));
  control->bundle_id = htonl(bundle);
  control->flags = htons(kBundleFlags);
}

base::Status Encoder::Impl::flow_mod_oxm(base::Bytes& out, Xid xid, const FlowMod& mod,
                                         std::optional<std::uint32_t> bundle) {
  ofpbuf* message = message_.cleared();
  if (bundle) begin_bundle_add(message, xid, *bundle);
  const std::size_t inner = message->size;
  ofpraw_put_xid(OFPRAW_OFPT11_FLOW_MOD, version(), htonl(xid), message);
  auto* body = static_cast<ofp11_flow_mod*>(ofpbuf_put_zeros(message, sizeof(ofp11_flow_mod)));
  const bool add = mod.command == FlowCommand::kAdd;
  body->cookie = add ? htobe64(mod.flow.cookie) : 0;
  body->table_id = mod.flow.key.table;
  body->command = add ? OFPFC_ADD : OFPFC_DELETE_STRICT;
  body->priority = htons(mod.flow.key.priority);
  body->buffer_id = htonl(UINT32_MAX);
  body->out_port = htonl(kPortAny);
  body->out_group = htonl(OFPG_ANY);
  ofputil_put_ofp11_match(message, &match_, protocol());
  if (add) ofpbuf_put(message, instructions_.get()->data, instructions_.get()->size);
  if (message->size > kMessageBytesMax) return too_long();
  header_at(message, inner)->length = htons(static_cast<std::uint16_t>(message->size - inner));
  header_at(message, 0)->length = htons(static_cast<std::uint16_t>(message->size));
  append(out, message);
  return {};
}

base::Status Encoder::Impl::flow_mod_10(base::Bytes& out, Xid xid, const FlowMod& mod) {
  if (!dialect_.extended && mod.flow.key.table != 0) {
    return base::fail(ErrorCode::kInvalid, "OpenFlow 1.0 has one table, number 0");
  }
  const bool add = mod.command == FlowCommand::kAdd;
  ofputil_flow_mod wire{};
  wire.priority = mod.flow.key.priority;
  wire.new_cookie = htobe64(add ? mod.flow.cookie : 0);
  wire.table_id = dialect_.extended ? mod.flow.key.table : 0xff;
  wire.command = add ? OFPFC_ADD : OFPFC_DELETE_STRICT;
  wire.buffer_id = UINT32_MAX;
  wire.out_port = OFPP_NONE;
  wire.out_group = OFPG_ANY;
  wire.ofpacts = static_cast<ofpact*>(actions_.get()->data);
  wire.ofpacts_len = add ? actions_.get()->size : 0;
  minimatch_init(&wire.match, &match_);
  ofpbuf* message = ofputil_encode_flow_mod(&wire, protocol());
  minimatch_destroy(&wire.match);
  if (message->size > kMessageBytesMax) {
    ofpbuf_delete(message);
    return too_long();
  }
  append_owned(out, xid, message);
  return {};
}

base::Status Encoder::Impl::flow_mod(base::Bytes& out, Xid xid, const FlowMod& mod,
                                     std::optional<std::uint32_t> bundle) {
  if (const base::Status status = prepare(mod); !status) return status;
  if (dialect_.version != Version::k10) return flow_mod_oxm(out, xid, mod, bundle);
  if (bundle) return base::fail(ErrorCode::kInvalid, "OpenFlow 1.0 has no bundles");
  return flow_mod_10(out, xid, mod);
}

base::Status Encoder::Impl::add_bucket(const Bucket& bucket, std::uint32_t id, GroupType type, ofputil_group_mod& mod) {
  std::optional<ofp_port_t> watched;
  if (bucket.watch_port) watched = codec::to_library_port(*bucket.watch_port);
  if (bucket.watch_port && !watched) {
    return base::fail(ErrorCode::kInvalid, "there is no port " + std::to_string(*bucket.watch_port));
  }
  const base::Status status = codec::to_library(std::span(bucket.actions), -1, dialect_, scratch_.cleared());
  if (!status) return status;
  auto* wire = static_cast<ofputil_bucket*>(std::calloc(1, sizeof(ofputil_bucket)));  // libopenvswitch frees it
  wire->weight = type == GroupType::kSelect ? std::max<std::uint16_t>(bucket.weight, 1) : 0;
  wire->watch_port = watched.value_or(OFPP_ANY);
  wire->watch_group = OFPG_ANY;
  wire->bucket_id = id;
  wire->ofpacts_len = scratch_.get()->size;
  wire->ofpacts = static_cast<ofpact*>(std::malloc(wire->ofpacts_len + 1));
  std::memcpy(wire->ofpacts, scratch_.get()->data, wire->ofpacts_len);
  ovs_list_push_back(&mod.buckets, &wire->list_node);
  return {};
}

base::Status Encoder::Impl::group_mod(base::Bytes& out, Xid xid, const GroupMod& mod,
                                      std::optional<std::uint32_t> bundle) {
  if (dialect_.version == Version::k10) return base::fail(ErrorCode::kInvalid, "OpenFlow 1.0 has no groups");
  OwnedGroupMod wire;
  wire.mod.command = wire_command(mod.command);
  wire.mod.type = wire_type(mod.type);
  wire.mod.group_id = mod.group;
  wire.mod.command_bucket_id = OFPG15_BUCKET_ALL;
  if (mod.command != GroupCommand::kDelete) {
    for (std::size_t index = 0; index < mod.buckets.size(); ++index) {
      const auto id = static_cast<std::uint32_t>(index);
      if (const auto status = add_bucket(mod.buckets[index], id, mod.type, wire.mod); !status) return status;
    }
  }
  ofpbuf* plain = ofputil_encode_group_mod(version(), &wire.mod, nullptr, -1);
  ofpbuf* message = message_.cleared();
  if (bundle) begin_bundle_add(message, xid, *bundle);
  const std::size_t inner = message->size;
  ofpbuf_put(message, plain->data, plain->size);
  ofpbuf_delete(plain);
  if (message->size > kMessageBytesMax) return too_long();
  header_at(message, inner)->length = htons(static_cast<std::uint16_t>(message->size - inner));
  header_at(message, inner)->xid = htonl(xid);
  header_at(message, 0)->length = htons(static_cast<std::uint16_t>(message->size));
  append(out, message);
  return {};
}

base::Status Encoder::Impl::packet_out(base::Bytes& out, Xid xid, const PacketOut& packet) {
  const auto port = codec::to_library_port(packet.in_port);
  if (!port) return base::fail(ErrorCode::kInvalid, "there is no port " + std::to_string(packet.in_port));
  const base::Status status = codec::to_library(std::span(packet.actions), -1, dialect_, scratch_.cleared());
  if (!status) return status;
  if (scratch_.get()->size + packet.frame.size() > kMessageBytesMax) return too_long();
  ofputil_packet_out wire{};
  wire.packet = packet.frame.data();
  wire.packet_len = packet.frame.size();
  wire.buffer_id = UINT32_MAX;
  match_init_catchall(&wire.flow_metadata);
  match_set_in_port(&wire.flow_metadata, *port);
  wire.ofpacts = static_cast<ofpact*>(scratch_.get()->data);
  wire.ofpacts_len = scratch_.get()->size;
  ofpbuf* message = ofputil_encode_packet_out(&wire, protocol());
  if (message->size > kMessageBytesMax) {
    ofpbuf_delete(message);
    return too_long();
  }
  append_owned(out, xid, message);
  return {};
}

Encoder::Encoder(Version version, bool nicira) : impl_(std::make_unique<Impl>(version, nicira)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

void Encoder::hello(base::Bytes& out, Xid xid, std::span<const Version> versions) {
  codec::silence_library();
  std::uint32_t bitmap = 0;
  for (const Version version : versions) bitmap |= 1U << static_cast<unsigned>(version);
  append_owned(out, xid, ofputil_encode_hello(bitmap));
}

void Encoder::hello_failed(base::Bytes& out, Xid xid, Version version, const std::string& text) {
  append_owned(out, xid, ofperr_encode_hello(OFPERR_OFPHFC_INCOMPATIBLE, wire_version(version), text.c_str()));
}

void Encoder::echo_request(base::Bytes& out, Xid xid) {
  impl_->empty(out, xid, OFPRAW_OFPT_ECHO_REQUEST);
}

void Encoder::echo_reply(base::Bytes& out, Xid xid, base::BytesView payload) {
  ofpbuf* message = ofpraw_alloc(OFPRAW_OFPT_ECHO_REPLY, impl_->version(), payload.size());
  ofpbuf_put(message, payload.data(), std::min(payload.size(), kMessageBytesMax - kHeaderBytes));
  append_owned(out, xid, message);
}

void Encoder::features_request(base::Bytes& out, Xid xid) {
  impl_->empty(out, xid, OFPRAW_OFPT_FEATURES_REQUEST);
}

void Encoder::description_request(base::Bytes& out, Xid xid) {
  impl_->empty(out, xid, OFPRAW_OFPST_DESC_REQUEST);
}

void Encoder::ports_request(base::Bytes& out, Xid xid) {
  append_owned(out, xid, ofputil_encode_port_desc_stats_request(impl_->version(), OFPP_ANY));
}

void Encoder::table_features_request(base::Bytes& out, Xid xid) {
  append_owned(out, xid, ofputil_encode_table_features_request(impl_->version()));
}

void Encoder::config_request(base::Bytes& out, Xid xid) {
  impl_->empty(out, xid, OFPRAW_OFPT_GET_CONFIG_REQUEST);
}

void Encoder::set_config(base::Bytes& out, Xid xid, bool match_fragments) {
  ofputil_switch_config config{};
  config.frag = match_fragments ? OFPUTIL_FRAG_NX_MATCH : OFPUTIL_FRAG_NORMAL;
  config.invalid_ttl_to_controller = -1;
  config.miss_send_len = kMissBytes;
  append_owned(out, xid, ofputil_encode_set_config(&config, impl_->version()));
}

void Encoder::role_request(base::Bytes& out, Xid xid, Role role, std::uint64_t generation_id) {
  if (impl_->dialect().version == Version::k10) {
    ofpbuf* message = ofpraw_alloc(OFPRAW_NXT_ROLE_REQUEST, impl_->version(), sizeof(nx_role_request));
    auto* body = static_cast<nx_role_request*>(ofpbuf_put_zeros(message, sizeof(nx_role_request)));
    body->role = htonl(role == Role::kMaster  ? NX_ROLE_PRIMARY
                       : role == Role::kSlave ? NX_ROLE_SECONDARY
                                              : NX_ROLE_OTHER);
    return append_owned(out, xid, message);
  }
  ofpbuf* message = ofpraw_alloc(OFPRAW_OFPT12_ROLE_REQUEST, impl_->version(), sizeof(ofp12_role_request));
  auto* body = static_cast<ofp12_role_request*>(ofpbuf_put_zeros(message, sizeof(ofp12_role_request)));
  body->role = htonl(role == Role::kMaster  ? OFPCR12_ROLE_PRIMARY
                     : role == Role::kSlave ? OFPCR12_ROLE_SECONDARY
                                            : OFPCR12_ROLE_EQUAL);
  body->generation_id = htobe64(generation_id);
  append_owned(out, xid, message);
}

void Encoder::enable_table_ids(base::Bytes& out, Xid xid) {
  ofpbuf* message = ofpraw_alloc(OFPRAW_NXT_FLOW_MOD_TABLE_ID, OFP10_VERSION, 8);
  auto* body = static_cast<std::uint8_t*>(ofpbuf_put_zeros(message, 8));
  body[0] = 1;
  append_owned(out, xid, message);
}

void Encoder::barrier_request(base::Bytes& out, Xid xid) {
  append_owned(out, xid, ofputil_encode_barrier_request(impl_->version()));
}

void Encoder::bundle_control(base::Bytes& out, Xid xid, std::uint32_t bundle, BundleStep step) {
  ofputil_bundle_ctrl_msg control{bundle, static_cast<std::uint16_t>(step), kBundleFlags};
  append_owned(out, xid, ofputil_encode_bundle_ctrl_request(impl_->version(), &control));
}

void Encoder::flow_statistics_request(base::Bytes& out, Xid xid, const CookieFilter& only) {
  ofputil_flow_stats_request request{};
  if (impl_->version() != OFP10_VERSION) {
    request.cookie = htobe64(only.value);
    request.cookie_mask = htobe64(only.mask);
  }
  match_init_catchall(&request.match);
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  append_owned(out, xid, ofputil_encode_flow_stats_request(&request, impl_->protocol()));
}

void Encoder::port_statistics_request(base::Bytes& out, Xid xid) {
  append_owned(out, xid, ofputil_encode_dump_ports_request(impl_->version(), OFPP_ANY));
}

void Encoder::table_statistics_request(base::Bytes& out, Xid xid) {
  impl_->empty(out, xid, OFPRAW_OFPST_TABLE_REQUEST);
}

base::Status Encoder::flow_mod(base::Bytes& out, Xid xid, const FlowMod& mod, std::optional<std::uint32_t> bundle) {
  return impl_->flow_mod(out, xid, mod, bundle);
}

base::Status Encoder::group_mod(base::Bytes& out, Xid xid, const GroupMod& mod, std::optional<std::uint32_t> bundle) {
  return impl_->group_mod(out, xid, mod, bundle);
}

base::Status Encoder::packet_out(base::Bytes& out, Xid xid, const PacketOut& packet) {
  return impl_->packet_out(out, xid, packet);
}

}  // namespace superspan::openflow
