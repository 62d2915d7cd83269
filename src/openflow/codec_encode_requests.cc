// SPDX-License-Identifier: Apache-2.0
// The Encoder: greetings, questions and settings as bytes.
#include "openflow/codec_encode_impl.h"

#include <arpa/inet.h>
#include <endian.h>
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-connection.h>
#include <openvswitch/ofp-port.h>
#include <openvswitch/ofp-switch.h>
#include <openvswitch/ofp-table.h>
#include <openvswitch/ofp-util.h>

#include <algorithm>

namespace superspan::openflow {
namespace {

using codec::append_owned;
using codec::kBundleFlags;
using codec::wire_version;

constexpr std::uint16_t kMissBytes = 128;  // of a packet that no flow matched, for switches that send it to us

}  // namespace

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

}  // namespace superspan::openflow
