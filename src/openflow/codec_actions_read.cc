// SPDX-License-Identifier: Apache-2.0
// ofpacts of libopenvswitch -> actions.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>
#include <openvswitch/dynamic-string.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace superspan::openflow::codec {
namespace {

using net::Field;
using net::U128;

std::optional<Field> field_of(mf_field_id id) {
  switch (static_cast<int>(id)) {
    case MFF_TCP_SRC:
    case MFF_UDP_SRC:
    case MFF_SCTP_SRC:
      return Field::kL4Source;
    case MFF_TCP_DST:
    case MFF_UDP_DST:
    case MFF_SCTP_DST:
      return Field::kL4Destination;
    default:
      break;
  }
  for (std::size_t index = 0; index < net::kFieldCount; ++index) {
    const auto field = static_cast<Field>(index);
    if (writable_field(field, -1) == id) return field;
  }
  return std::nullopt;
}

// The bytes that libopenvswitch holds, big-endian.
U128 from_bytes(const void* bytes, std::size_t width_bytes) {
  std::array<std::uint8_t, 16> copy{};
  const std::size_t count = std::min(width_bytes, copy.size());
  std::memcpy(copy.data(), bytes, count);
  U128 value = 0;
  for (std::size_t index = 0; index < count; ++index) value = value << 8 | copy[index];
  return value;
}

bool is_register(const mf_field* field) {
  return field->id >= MFF_REG0 && field->id < MFF_REG0 + 16;
}
std::uint8_t register_index(const mf_field* field) {
  return static_cast<std::uint8_t>(field->id - MFF_REG0);
}

std::optional<Action> read_set_field(const ofpact_set_field* set) {
  const mf_field* field = set->field;
  if (field->n_bytes > 16) return std::nullopt;
  const U128 value = from_bytes(set->value, field->n_bytes);
  const U128 mask = from_bytes(ofpact_set_field_mask(set), field->n_bytes);
  if (is_register(field)) {
    const auto mask32 = static_cast<std::uint32_t>(mask);
    if (mask32 == 0) return std::nullopt;
    return LoadRegister{register_index(field), static_cast<std::uint32_t>(value) & mask32, mask32};
  }
  // OFPVID12_PRESENT always stands in the value of vlan_vid.
  if (field->id == MFF_VLAN_VID && (mask & 0xfff) == 0xfff) return SetVlanId{static_cast<std::uint16_t>(value & 0xfff)};
  if (field->id == MFF_IP_DSCP && (mask & 0xfc) == 0xfc) return SetField{Field::kIpDscp, (value & 0xfc) >> 2, 0x3f};
  const auto ours = field_of(field->id);
  if (!ours) return std::nullopt;
  const U128 own_mask = mask & net::full_mask(*ours);
  if (own_mask == 0) return std::nullopt;
  return SetField{*ours, value & own_mask, own_mask};
}

std::optional<Action> read_move(const ofpact_reg_move* move) {
  const auto whole_word = [](const mf_subfield& part) {
    return part.ofs == 0 && part.n_bits == 32 && part.field->n_bits == 32;
  };
  if (!whole_word(move->src) || !whole_word(move->dst)) return std::nullopt;
  if (is_register(move->src.field)) {
    const auto field = field_of(move->dst.field->id);
    if (!field) return std::nullopt;
    return MoveToField{register_index(move->src.field), *field};
  }
  const auto field = field_of(move->src.field->id);
  if (!field || !is_register(move->dst.field)) return std::nullopt;
  return MoveToRegister{*field, register_index(move->dst.field)};
}

std::optional<Action> read_encap(const ofpact_encap* encap) {
  const std::uint32_t type = ntohl(encap->new_pkt_type);
  if (type == kPacketTypeEthernet && encap->n_props == 0) return EncapEthernet{};
  if (type != kPacketTypeNsh) return std::nullopt;
  if (encap->n_props == 0) return EncapNsh{};
  if (encap->n_props != 1 || encap->ofpact.len < sizeof(*encap) + sizeof(ofpact_ed_prop_nsh_md_type)) {
    return std::nullopt;
  }
  ofpact_ed_prop_nsh_md_type property;
  std::memcpy(&property, encap->props, sizeof(property));
  const bool is_md_type = property.header.prop_class == OFPPPC_NSH && property.header.type == OFPPPT_PROP_NSH_MDTYPE;
  if (!is_md_type || property.md_type != 1) return std::nullopt;
  return EncapNsh{};
}

std::optional<Action> read_output(const ofpact_output* output) {
  const PortNumber port = from_library_port(output->port);
  if (port == kPortController && output->max_len != UINT16_MAX) return std::nullopt;
  return Output{port};
}

std::optional<Action> read_clone(const ofpact_nest* clone) {
  std::vector<Action> inner;
  std::string foreign;
  from_library(clone->actions, ofpact_nest_get_action_len(clone), inner, foreign);
  if (!foreign.empty()) return std::nullopt;
  Clone result;
  for (Action& action : inner) {
    const bool simple = std::visit(
        [&result]<typename T>(T& value) {
          if constexpr (std::is_same_v<T, Clone>) {
            return false;
          } else {
            result.actions.emplace_back(value);
            return true;
          }
        },
        action);
    if (!simple) return std::nullopt;
  }
  return result;
}

// The actions of OpenFlow 1.0 that set one field; they come back in this form also when they went out as set_field.
std::optional<Action> read_legacy(const ofpact* action) {
  const auto mac = [](Field field, const eth_addr& address) {
    return SetField{field, from_bytes(address.ea, 6), net::full_mask(field)};
  };
  const auto whole = [](Field field, U128 value) { return SetField{field, value, net::full_mask(field)}; };
  switch (action->type) {
    case OFPACT_SET_VLAN_VID:
      return SetVlanId{ofpact_get_SET_VLAN_VID(action)->vlan_vid};
    case OFPACT_SET_ETH_SRC:
      return mac(Field::kEthSource, ofpact_get_SET_ETH_SRC(action)->mac);
    case OFPACT_SET_ETH_DST:
      return mac(Field::kEthDestination, ofpact_get_SET_ETH_DST(action)->mac);
    case OFPACT_SET_IPV4_SRC:
      return whole(Field::kIpv4Source, ntohl(ofpact_get_SET_IPV4_SRC(action)->ipv4));
    case OFPACT_SET_IPV4_DST:
      return whole(Field::kIpv4Destination, ntohl(ofpact_get_SET_IPV4_DST(action)->ipv4));
    case OFPACT_SET_IP_DSCP:
      return whole(Field::kIpDscp, ofpact_get_SET_IP_DSCP(action)->dscp >> 2);
    case OFPACT_SET_IP_ECN:
      return whole(Field::kIpEcn, ofpact_get_SET_IP_ECN(action)->ecn);
    case OFPACT_SET_IP_TTL:
      return whole(Field::kIpTtl, ofpact_get_SET_IP_TTL(action)->ttl);
    case OFPACT_SET_L4_SRC_PORT:
      return whole(Field::kL4Source, ofpact_get_SET_L4_SRC_PORT(action)->port);
    case OFPACT_SET_L4_DST_PORT:
      return whole(Field::kL4Destination, ofpact_get_SET_L4_DST_PORT(action)->port);
    default:
      return std::nullopt;
  }
}

std::optional<Action> read(const ofpact* action) {
  switch (action->type) {
    case OFPACT_OUTPUT:
      return read_output(ofpact_get_OUTPUT(action));
    case OFPACT_GROUP:
      return OutputGroup{ofpact_get_GROUP(action)->group_id};
    case OFPACT_SET_FIELD:
      return read_set_field(ofpact_get_SET_FIELD(action));
    case OFPACT_REG_MOVE:
      return read_move(ofpact_get_REG_MOVE(action));
    case OFPACT_PUSH_VLAN:
      return PushVlan{ntohs(ofpact_get_PUSH_VLAN(action)->ethertype)};
    case OFPACT_STRIP_VLAN:
      return PopVlan{};
    case OFPACT_ENCAP:
      return read_encap(ofpact_get_ENCAP(action));
    case OFPACT_DECAP:
      if (ofpact_get_DECAP(action)->new_pkt_type != htonl(kPacketTypeNextProtocol)) return std::nullopt;
      return Decap{};
    case OFPACT_RESUBMIT: {
      const ofpact_resubmit* resubmit = ofpact_get_RESUBMIT(action);
      if (resubmit->in_port != OFPP_IN_PORT || resubmit->with_ct_orig) return std::nullopt;
      return Resubmit{resubmit->table_id};
    }
    case OFPACT_GOTO_TABLE:
      return GotoTable{ofpact_get_GOTO_TABLE(action)->table_id};
    case OFPACT_CLONE:
      return read_clone(ofpact_get_CLONE(action));
    default:
      return read_legacy(action);
  }
}

}  // namespace

void from_library(const ofpact* ofpacts, std::size_t length_bytes, std::vector<Action>& actions, std::string& foreign) {
  const ofpact* action;
  OFPACT_FOR_EACH(action, ofpacts, length_bytes) {
    if (auto value = read(action)) {
      actions.push_back(std::move(*value));
      continue;
    }
    ds text = DS_EMPTY_INITIALIZER;
    ofpact_format_params params{};
    params.s = &text;
    ofpacts_format(action, action->len, &params);
    if (!foreign.empty()) foreign += ',';
    foreign += ds_cstr(&text);
    ds_destroy(&text);
  }
}

}  // namespace superspan::openflow::codec
