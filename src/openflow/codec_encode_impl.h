// SPDX-License-Identifier: Apache-2.0
// Shared by codec_encode*.cc only: what the Encoder keeps between messages, and how one is finished.
#pragma once

#include "openflow/codec_internal.h"

#include <openvswitch/ofp-group.h>

#include <vector>

namespace superspan::openflow {
namespace codec {

inline constexpr std::uint16_t kBundleFlags = OFPBF_ATOMIC | OFPBF_ORDERED;

void append(base::Bytes& out, const ofpbuf* message);
// Takes a message that libopenvswitch allocated, with an xid of its own choice.
void append_owned(base::Bytes& out, Xid xid, ofpbuf* message);
[[nodiscard]] ofp_header* header_at(ofpbuf* message, std::size_t offset);
[[nodiscard]] base::Status too_long();

}  // namespace codec

class Encoder::Impl {
 public:
  Impl(Version version, bool nicira) : dialect_{version, version != Version::k10 || nicira} {
    codec::silence_library();
  }

  [[nodiscard]] ofp_version version() const { return codec::wire_version(dialect_.version); }
  [[nodiscard]] codec::Dialect dialect() const { return dialect_; }
  [[nodiscard]] ofputil_protocol protocol() const { return codec::protocol(dialect_); }

  void empty(base::Bytes& out, Xid xid, ofpraw raw) { codec::append_owned(out, xid, ofpraw_alloc(raw, version(), 0)); }

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

  codec::Dialect dialect_;
  match match_{};
  codec::Buffer message_{1024};
  codec::Buffer scratch_{512};  // actions of groups and packets
  // Actions of a flow, in the library's form and (from OpenFlow 1.1 on) as instructions. They are kept for the next
  // flow: neighbours in a transaction mostly do the same.
  std::vector<Action> prepared_;
  int prepared_ip_proto_ = -1;
  codec::Buffer actions_{512};
  codec::Buffer instructions_{512};
};

}  // namespace superspan::openflow
