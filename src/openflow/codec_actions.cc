// SPDX-License-Identifier: Apache-2.0
// Actions -> ofpacts, libopenvswitch's version-independent actions.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>
#include <openvswitch/ofp-port.h>

#include <array>

namespace superspan::openflow::codec {
namespace {

using base::ErrorCode;
using net::Field;
using net::U128;

// Big-endian, right-aligned in the field's bytes, as libopenvswitch holds values.
using FieldBytes = std::array<std::uint8_t, 16>;
FieldBytes to_bytes(U128 value, std::size_t width_bytes) {
  FieldBytes bytes{};
  for (std::size_t index = width_bytes; index-- > 0; value >>= 8) bytes[index] = static_cast<std::uint8_t>(value);
  return bytes;
}

class Writer {
 public:
  Writer(int ip_proto, Dialect dialect, ofpbuf* out) : ip_proto_(ip_proto), dialect_(dialect), out_(out) {}

  template <typename Actions>
  base::Status all(const Actions& actions) {
    for (const auto& action : actions) {
      if (const base::Status status = std::visit(*this, action); !status) return status;
    }
    return {};
  }

  base::Status operator()(const Output& action) {
    const auto port = to_library_port(action.port);
    if (!port) return base::fail(ErrorCode::kInvalid, "there is no port " + std::to_string(action.port));
    ofpact_output* output = ofpact_put_OUTPUT(out_);
    output->port = *port;
    output->max_len = action.port == kPortController ? UINT16_MAX : 0;
    return {};
  }
  base::Status operator()(const OutputGroup& action) {
    if (dialect_.version == Version::k10) return lacks("groups");
    ofpact_put_GROUP(out_)->group_id = action.group;
    return {};
  }
  base::Status operator()(const SetField& action) {
    const U128 full = net::full_mask(action.field);
    if (action.mask == 0 || (action.value & ~action.mask) != 0 || (action.mask & ~full) != 0) {
      return base::fail(ErrorCode::kInvalid, "value and mask of " + to_string(Action(action)) + " do not fit together");
    }
    const mf_field_id id = writable_field(action.field, ip_proto_);
    if (id == MFF_N_IDS) {
      return base::fail(ErrorCode::kInvalid, std::string("no switch can set ") + net::name(action.field) + " here");
    }
    return set(mf_from_id(id), action.value, action.mask, action.mask == full);
  }
  base::Status operator()(const LoadRegister& action) {
    if (action.index >= kRegisterCount || action.mask == 0 || (action.value & ~action.mask) != 0) {
      return base::fail(ErrorCode::kInvalid, to_string(Action(action)) + " is not valid");
    }
    return set(register_field(action.index), action.value, action.mask, action.mask == UINT32_MAX);
  }
  base::Status operator()(const MoveToField& action) { return move(action.index, action.field, true, Action(action)); }
  base::Status operator()(const MoveToRegister& action) {
    return move(action.index, action.field, false, Action(action));
  }
  base::Status operator()(const PushVlan& action) {
    if (dialect_.version == Version::k10) return lacks("push_vlan (use SetVlanId)");
    ofpact_put_PUSH_VLAN(out_)->ethertype = htons(action.tpid);
    return {};
  }
  base::Status operator()(const PopVlan&) {
    ofpact_put_STRIP_VLAN(out_);
    return {};
  }
  base::Status operator()(const SetVlanId& action) {
    if (action.id > 0xfff) return base::fail(ErrorCode::kInvalid, "there is no VLAN " + std::to_string(action.id));
    ofpact_vlan_vid* vlan = ofpact_put_SET_VLAN_VID(out_);
    vlan->vlan_vid = action.id;
    vlan->push_vlan_if_needed = dialect_.version == Version::k10;
    vlan->flow_has_vlan = true;
    return {};
  }
  base::Status operator()(const EncapNsh&) {
    if (dialect_.version == Version::k10) return lacks("encap");
    ofpact_encap* encap = ofpact_put_ENCAP(out_);
    encap->new_pkt_type = htonl(kPacketTypeNsh);
    encap->n_props = 1;
    ofpact_ed_prop_nsh_md_type property{};
    property.header = {OFPPPC_NSH, OFPPPT_PROP_NSH_MDTYPE, 8};
    property.md_type = 1;
    ofpbuf_put(out_, &property, sizeof(property));
    encap = static_cast<ofpact_encap*>(out_->header);
    ofpact_finish_ENCAP(out_, &encap);
    return {};
  }
  base::Status operator()(const EncapEthernet&) {
    if (dialect_.version == Version::k10) return lacks("encap");
    ofpact_put_ENCAP(out_)->new_pkt_type = htonl(kPacketTypeEthernet);
    return {};
  }
  base::Status operator()(const Decap&) {
    if (dialect_.version == Version::k10) return lacks("decap");
    ofpact_put_DECAP(out_)->new_pkt_type = htonl(kPacketTypeNextProtocol);
    return {};
  }
  base::Status operator()(const Resubmit& action) {
    if (!dialect_.extended) return lacks("resubmit");
    ofpact_resubmit* resubmit = ofpact_put_RESUBMIT(out_);
    resubmit->in_port = OFPP_IN_PORT;
    resubmit->table_id = action.table;
    return {};
  }
  base::Status operator()(const GotoTable& action) {
    if (dialect_.version == Version::k10) return lacks("goto_table (use Resubmit)");
    if (nested_) return base::fail(ErrorCode::kInvalid, "goto_table cannot stand inside clone or a bucket");
    ofpact_put_GOTO_TABLE(out_)->table_id = action.table;
    return {};
  }
  base::Status operator()(const Clone& action) {
    if (!dialect_.extended) return lacks("clone");
    const std::size_t offset = out_->size;
    ofpact_put_CLONE(out_);
    Writer inner(ip_proto_, dialect_, out_);
    inner.nested_ = true;
    if (const base::Status status = inner.all(action.actions); !status) return status;
    auto* clone = static_cast<ofpact_nest*>(ofpbuf_at_assert(out_, offset, sizeof(ofpact_nest)));
    out_->header = clone;
    ofpact_finish_CLONE(out_, &clone);
    return {};
  }

 private:
  [[nodiscard]] base::Status lacks(const char* what) const {
    return base::fail(ErrorCode::kInvalid, std::string(to_string(dialect_.version)) + " has no " + what);
  }
  static const mf_field* register_field(std::uint8_t index) {
    return mf_from_id(static_cast<mf_field_id>(MFF_REG0 + index));
  }

  base::Status set(const mf_field* field, U128 value, U128 mask, bool whole) {
    const FieldBytes bytes = to_bytes(value, field->n_bytes);
    if (!dialect_.extended && !(whole && settable_in_standard_10(field->id))) return lacks(field->name);
    const bool legacy_vlan = dialect_.version == Version::k10 && field->id == MFF_VLAN_TCI;
    if (whole && !legacy_vlan) {
      ofpact_put_set_field(out_, field, bytes.data(), nullptr);
      return {};
    }
    const FieldBytes mask_bytes = to_bytes(mask, field->n_bytes);
    // Before 1.5 a part of a field goes as reg_load2: the one action that keeps any mask in one piece.
    if (dialect_.version == Version::k15) {
      ofpact_put_set_field(out_, field, bytes.data(), mask_bytes.data());
    } else {
      ofpact_put_reg_load2(out_, field, bytes.data(), mask_bytes.data());
    }
    return {};
  }
  static bool settable_in_standard_10(mf_field_id id) {
    switch (static_cast<int>(id)) {
      case MFF_ETH_SRC:
      case MFF_ETH_DST:
      case MFF_IPV4_SRC:
      case MFF_IPV4_DST:
      case MFF_IP_DSCP_SHIFTED:
      case MFF_TCP_SRC:
      case MFF_TCP_DST:
      case MFF_UDP_SRC:
      case MFF_UDP_DST:
        return true;
      default:
        return false;
    }
  }
  base::Status move(std::uint8_t index, Field field, bool to_field, const Action& action) {
    if (!dialect_.extended) return lacks("move");
    const mf_field_id id = writable_field(field, ip_proto_);
    if (index >= kRegisterCount || id == MFF_N_IDS || net::width_bits(field) != 32) {
      return base::fail(ErrorCode::kInvalid, to_string(action) + " is not a move between 32 bits and 32 bits");
    }
    const mf_subfield header{mf_from_id(id), 0, 32};
    const mf_subfield reg{register_field(index), 0, 32};
    ofpact_reg_move* move = ofpact_put_REG_MOVE(out_);
    move->src = to_field ? reg : header;
    move->dst = to_field ? header : reg;
    return {};
  }

  int ip_proto_;
  Dialect dialect_;
  ofpbuf* out_;
  bool nested_ = false;
};

}  // namespace

mf_field_id writable_field(Field field, int ip_proto) {
  const auto by_protocol = [ip_proto](mf_field_id tcp, mf_field_id udp, mf_field_id sctp) {
    if (ip_proto == 6) return tcp;
    if (ip_proto == 17) return udp;
    return ip_proto == 132 ? sctp : MFF_N_IDS;
  };
  switch (field) {
    case Field::kEthDestination:
      return MFF_ETH_DST;
    case Field::kEthSource:
      return MFF_ETH_SRC;
    case Field::kVlanTci:
      return MFF_VLAN_TCI;
    case Field::kIpDscp:
      return MFF_IP_DSCP_SHIFTED;
    case Field::kIpEcn:
      return MFF_IP_ECN;
    case Field::kIpTtl:
      return MFF_IP_TTL;
    case Field::kIpv4Source:
      return MFF_IPV4_SRC;
    case Field::kIpv4Destination:
      return MFF_IPV4_DST;
    case Field::kArpSource:
      return MFF_ARP_SPA;
    case Field::kArpTarget:
      return MFF_ARP_TPA;
    case Field::kIpv6Source:
      return MFF_IPV6_SRC;
    case Field::kIpv6Destination:
      return MFF_IPV6_DST;
    case Field::kL4Source:
      return by_protocol(MFF_TCP_SRC, MFF_UDP_SRC, MFF_SCTP_SRC);
    case Field::kL4Destination:
      return by_protocol(MFF_TCP_DST, MFF_UDP_DST, MFF_SCTP_DST);
    case Field::kNshSpi:
      return MFF_NSH_SPI;
    case Field::kNshSi:
      return MFF_NSH_SI;
    case Field::kNshContext1:
      return MFF_NSH_C1;
    case Field::kNshContext2:
      return MFF_NSH_C2;
    case Field::kNshContext3:
      return MFF_NSH_C3;
    case Field::kNshContext4:
      return MFF_NSH_C4;
    default:
      return MFF_N_IDS;
  }
}

std::optional<ofp_port_t> to_library_port(PortNumber port) {
  ofp_port_t result;
  if (ofputil_port_from_ofp11(htonl(port), &result) != 0) return std::nullopt;
  return result;
}

PortNumber from_library_port(ofp_port_t port) {
  return ntohl(ofputil_port_to_ofp11(port));
}

int ip_proto(const Match& match) {
  for (const net::FieldTest& test : match.headers) {
    if (test.field == Field::kIpProto && test.mask == 0xff) return static_cast<int>(test.value);
  }
  return -1;
}

base::Status to_library(std::span<const Action> actions, int ip_proto, Dialect dialect, ofpbuf* out) {
  for (std::size_t index = 0; index + 1 < actions.size(); ++index) {
    if (std::holds_alternative<GotoTable>(actions[index])) {
      return base::fail(ErrorCode::kInvalid, "goto_table must be the last action");
    }
  }
  return Writer(ip_proto, dialect, out).all(actions);
}

}  // namespace superspan::openflow::codec
