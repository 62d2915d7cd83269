// SPDX-License-Identifier: Apache-2.0
// The Encoder: flows as bytes.
#include "openflow/codec_encode_impl.h"

#include <arpa/inet.h>
#include <endian.h>
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/vlog.h>

#include <algorithm>

namespace superspan::openflow {
namespace {

using base::ErrorCode;
using codec::append;
using codec::append_owned;
using codec::header_at;
using codec::kBundleFlags;
using codec::too_long;

}  // namespace

namespace codec {

void append(base::Bytes& out, const ofpbuf* message) {
  const auto* begin = static_cast<const std::byte*>(message->data);
  out.insert(out.end(), begin, begin + message->size);
}

void append_owned(base::Bytes& out, Xid xid, ofpbuf* message) {
  ofpmsg_update_length(message);
  header_at(message, 0)->xid = htonl(xid);
  append(out, message);
  ofpbuf_delete(message);
}

ofp_header* header_at(ofpbuf* message, std::size_t offset) {
  return static_cast<ofp_header*>(ofpbuf_at_assert(message, offset, sizeof(ofp_header)));
}

base::Status too_long() {
  return base::fail(base::ErrorCode::kInvalid, "the message is longer than OpenFlow's 65535 bytes");
}

void silence_library() {
  static const bool done = [] {
    vlog_set_levels(nullptr, VLF_ANY_DESTINATION, VLL_OFF);
    return true;
  }();
  (void)done;
}

}  // namespace codec

Encoder::Encoder(Version version, bool nicira) : impl_(std::make_unique<Impl>(version, nicira)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

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

base::Status Encoder::flow_mod(base::Bytes& out, Xid xid, const FlowMod& mod, std::optional<std::uint32_t> bundle) {
  return impl_->flow_mod(out, xid, mod, bundle);
}

}  // namespace superspan::openflow
