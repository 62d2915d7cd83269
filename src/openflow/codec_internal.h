// SPDX-License-Identifier: Apache-2.0
// Shared by codec_*.cc only: libopenvswitch's headers in the order they need, and the halves of the codec.
#pragma once

#include <config.h>
// config.h must stay first, ofp-errors.h second.
#include <openvswitch/ofp-errors.h>

#include <openvswitch/match.h>
#include <openvswitch/meta-flow.h>
#include <openvswitch/ofp-actions.h>
#include <openvswitch/ofp-ed-props.h>
#include <openvswitch/ofp-flow.h>
#include <openvswitch/ofp-match.h>
#include <openvswitch/ofp-msgs.h>
#include <openvswitch/ofpbuf.h>

#include <cstring>
#include <span>
#include <type_traits>

#include "base/bytes.h"
#include "base/result.h"
#include "openflow/codec.h"

namespace superspan::openflow::codec {

// libopenvswitch logs malformed messages; the counters of Session do that here. Idempotent.
void silence_library();

// A growing buffer of libopenvswitch that keeps its memory.
class Buffer {
 public:
  explicit Buffer(std::size_t size) { ofpbuf_init(&buffer_, size); }
  ~Buffer() { ofpbuf_uninit(&buffer_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ofpbuf* get() { return &buffer_; }
  ofpbuf* cleared() {
    ofpbuf_clear(&buffer_);
    return &buffer_;
  }

 private:
  ofpbuf buffer_;
};

// What the version (and the peer) can carry.
struct Dialect {
  Version version;
  bool extended;  // Open vSwitch's extensions: always from 1.3 on
};

[[nodiscard]] inline ofputil_protocol protocol(Dialect dialect) {
  switch (dialect.version) {
    case Version::k10:
      return dialect.extended ? OFPUTIL_P_OF10_NXM_TID : OFPUTIL_P_OF10_STD;
    case Version::k13:
      return OFPUTIL_P_OF13_OXM;
    case Version::k14:
      return OFPUTIL_P_OF14_OXM;
    case Version::k15:
      return OFPUTIL_P_OF15_OXM;
  }
  return OFPUTIL_P_OF10_STD;
}
[[nodiscard]] inline ofp_version wire_version(Version version) {
  return static_cast<ofp_version>(version);
}

// codec_match.cc. `out` is overwritten; its previous content must be valid or all zero.
[[nodiscard]] base::Status to_library(const Match& from, Dialect dialect, match& out);
[[nodiscard]] Match from_library(const match& from);

// codec_actions.cc. `ip_proto` of the flow's match says which protocol tp_src means; -1: not known.
[[nodiscard]] base::Status to_library(std::span<const Action> actions, int ip_proto, Dialect dialect, ofpbuf* out);
[[nodiscard]] int ip_proto(const Match& match);
// codec_actions_read.cc. Appends what flow.h can say to `actions`, and the rest as text to `foreign`.
void from_library(const ofpact* ofpacts, std::size_t length_bytes, std::vector<Action>& actions, std::string& foreign);
// The library's field for setting or moving one of ours; MFF_N_IDS: a switch cannot write it.
[[nodiscard]] mf_field_id writable_field(net::Field field, int ip_proto);
inline constexpr std::uint32_t kPacketTypeEthernet = 0;
inline constexpr std::uint32_t kPacketTypeNsh = 0x0001894f;
inline constexpr std::uint32_t kPacketTypeNextProtocol = 0x0000fffe;
// kPortMax or a reserved one; nothing for the numbers between.
[[nodiscard]] std::optional<ofp_port_t> to_library_port(PortNumber port);
[[nodiscard]] PortNumber from_library_port(ofp_port_t port);

// codec_decode_flows.cc. `error`: what libopenvswitch returned.
[[nodiscard]] base::Error malformed(int error);
[[nodiscard]] base::Result<Body> read_flow_statistics(ofpbuf* message, const ofp_header* header, Buffer& actions);
[[nodiscard]] base::Result<Body> read_flow_removed(const ofp_header* header);
[[nodiscard]] base::Result<Body> read_flow_mod(const ofp_header* header, Buffer& actions);
[[nodiscard]] base::Result<Body> read_group_mod(const ofp_header* header);

// libopenvswitch puts numbers of the wire into its enums unchecked; C++ may only read those as integers.
template <typename Enum>
unsigned integer(const Enum& value) {
  std::underlying_type_t<Enum> copy;
  std::memcpy(&copy, &value, sizeof(copy));
  return static_cast<unsigned>(copy);
}

}  // namespace superspan::openflow::codec
