// SPDX-License-Identifier: Apache-2.0
// The messages that carry flows and groups, as values.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>
#include <openvswitch/ofp-group.h>
#include <openvswitch/ofp-monitor.h>

#include <cstddef>

namespace superspan::openflow::codec {
namespace {

ofputil_protocol receiving_protocol(std::uint8_t version) {
  switch (version) {
    case OFP13_VERSION:
      return OFPUTIL_P_OF13_OXM;
    case OFP14_VERSION:
      return OFPUTIL_P_OF14_OXM;
    case OFP15_VERSION:
      return OFPUTIL_P_OF15_OXM;
    default:
      return OFPUTIL_P_OF10_NXM_TID;
  }
}

// What a flow has besides match and actions, and flow.h does not say.
void note_extras(const ofputil_flow_stats& stats, std::string& foreign) {
  const auto add = [&foreign](const std::string& text) { foreign += (foreign.empty() ? "" : ",") + text; };
  if (stats.idle_timeout != 0) add("idle_timeout=" + std::to_string(stats.idle_timeout));
  if (stats.hard_timeout != 0) add("hard_timeout=" + std::to_string(stats.hard_timeout));
  if (stats.importance != 0) add("importance=" + std::to_string(stats.importance));
  const unsigned lasting = OFPUTIL_FF_SEND_FLOW_REM | OFPUTIL_FF_NO_PKT_COUNTS | OFPUTIL_FF_NO_BYT_COUNTS;
  const unsigned flags = integer(stats.flags) & lasting;
  if (flags != 0) add("flags=" + std::to_string(flags));
}

}  // namespace

base::Error malformed(int error) {
  const auto known = static_cast<ofperr>(error);
  const std::string name = error > 0 && ofperr_is_valid(known) ? ofperr_get_name(known) : "bad length";
  return {base::ErrorCode::kInvalid, "malformed message: " + name, {}, {}, std::nullopt};
}

base::Result<Body> read_flow_statistics(ofpbuf* message, const ofp_header* header, Buffer& actions) {
  FlowStatisticsReply reply;
  reply.more = ofpmp_more(header);
  reply.items.reserve(message->size / 96);
  for (;;) {
    ofputil_flow_stats wire;
    const int error = ofputil_decode_flow_stats_reply(&wire, message, false, actions.get());
    if (error == EOF) return reply;
    if (error != 0) return std::unexpected(malformed(error));
    FlowStatistics& item = reply.items.emplace_back();
    item.flow.key = {wire.table_id, wire.priority, from_library(wire.match)};
    item.flow.cookie = be64toh(wire.cookie);
    from_library(wire.ofpacts, wire.ofpacts_len, item.flow.actions, item.flow.foreign);
    note_extras(wire, item.flow.foreign);
    item.packets = wire.packet_count;
    item.bytes = wire.byte_count;
  }
}

base::Result<Body> read_flow_removed(const ofp_header* header) {
  ofputil_flow_removed wire;
  if (const ofperr error = ofputil_decode_flow_removed(&wire, header); error != 0) {
    return std::unexpected(malformed(error));
  }
  FlowRemoved result;
  result.flow.key = {wire.table_id, wire.priority, from_library(wire.match)};
  result.flow.cookie = be64toh(wire.cookie);
  result.reason = wire.reason;
  result.packets = wire.packet_count;
  result.bytes = wire.byte_count;
  return result;
}

base::Result<Body> read_flow_mod(const ofp_header* header, Buffer& actions) {
  ofputil_flow_mod wire;
  const ofperr error = ofputil_decode_flow_mod(&wire, header, receiving_protocol(header->version), nullptr, nullptr,
                                               actions.get(), OFPP_MAX, 255);
  if (error != 0) return std::unexpected(malformed(error));
  match expanded;
  minimatch_expand(&wire.match, &expanded);
  minimatch_destroy(&wire.match);
  if (wire.command != OFPFC_ADD && wire.command != OFPFC_DELETE_STRICT) return OtherMessage{"OFPT_FLOW_MOD"};
  FlowMod mod;
  const bool add = wire.command == OFPFC_ADD;
  mod.command = add ? FlowCommand::kAdd : FlowCommand::kDeleteStrict;
  mod.flow.key.table = wire.table_id == 0xff ? 0 : wire.table_id;
  mod.flow.key.priority = static_cast<std::uint16_t>(wire.priority);
  mod.flow.key.match = from_library(expanded);
  mod.flow.cookie = add ? be64toh(wire.new_cookie) : 0;
  from_library(wire.ofpacts, wire.ofpacts_len, mod.flow.actions, mod.flow.foreign);
  return mod;
}

base::Result<Body> read_group_mod(const ofp_header* header) {
  ofputil_group_mod wire;
  if (const ofperr error = ofputil_decode_group_mod(header, &wire); error != 0) {
    return std::unexpected(malformed(error));
  }
  if (wire.type > OFPGT11_FF || wire.command > OFPGC15_DELETE) {
    ofputil_uninit_group_mod(&wire);
    return OtherMessage{"OFPT_GROUP_MOD"};
  }
  GroupMod mod;
  mod.group = wire.group_id;
  mod.type = static_cast<GroupType>(wire.type);
  mod.command = static_cast<GroupCommand>(wire.command);
  std::string foreign;
  for (const ovs_list* node = wire.buckets.next; node != &wire.buckets; node = node->next) {
    static_assert(offsetof(ofputil_bucket, list_node) == 0);
    // CONTAINER_OF of libopenvswitch does not compile as C++.
    const auto* bucket = static_cast<const ofputil_bucket*>(static_cast<const void*>(node));
    Bucket& item = mod.buckets.emplace_back();
    item.weight = mod.type == GroupType::kSelect ? bucket->weight : 0;
    if (bucket->watch_port != OFPP_ANY) item.watch_port = from_library_port(bucket->watch_port);
    from_library(bucket->ofpacts, bucket->ofpacts_len, item.actions, foreign);
  }
  ofputil_uninit_group_mod(&wire);
  if (!foreign.empty()) return OtherMessage{"OFPT_GROUP_MOD"};
  return mod;
}

}  // namespace superspan::openflow::codec
