// SPDX-License-Identifier: Apache-2.0
// The Encoder: groups and packets as bytes.
#include "openflow/codec_encode_impl.h"

#include <arpa/inet.h>
#include <openvswitch/ofp-packet.h>
#include <openvswitch/ofp-util.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace superspan::openflow {
namespace {

using base::ErrorCode;
using codec::append;
using codec::append_owned;
using codec::header_at;
using codec::too_long;

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

base::Status Encoder::group_mod(base::Bytes& out, Xid xid, const GroupMod& mod, std::optional<std::uint32_t> bundle) {
  return impl_->group_mod(out, xid, mod, bundle);
}

base::Status Encoder::packet_out(base::Bytes& out, Xid xid, const PacketOut& packet) {
  return impl_->packet_out(out, xid, packet);
}

}  // namespace superspan::openflow
