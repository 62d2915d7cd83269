// SPDX-License-Identifier: Apache-2.0
// What a switch and its controller tell each other besides flows, as plain values without a wire format.
// Source: OpenFlow Switch Specification 1.0.0, 1.3.5, 1.4.1, 1.5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/address.h"
#include "openflow/flow.h"

namespace superspan::openflow {

enum class Version : std::uint8_t { k10 = 1, k13 = 4, k14 = 5, k15 = 6 };  // as on the wire
[[nodiscard]] const char* to_string(Version version);                      // "OpenFlow 1.3"

enum class Role : std::uint8_t { kEqual, kMaster, kSlave };
[[nodiscard]] const char* to_string(Role role);

inline constexpr PortNumber kPortMax = 0xfeff;  // highest number of a real port that libopenvswitch handles
inline constexpr PortNumber kPortInPort = 0xfffffff8;
inline constexpr PortNumber kPortController = 0xfffffffd;
inline constexpr PortNumber kPortLocal = 0xfffffffe;
inline constexpr PortNumber kPortAny = 0xffffffff;

struct Port {
  PortNumber number = 0;
  std::string name;  // printable ASCII, at most 15 characters
  net::MacAddress address;
  bool admin_down = false;
  bool link_down = false;
  std::uint32_t speed_kbps = 0;  // 0: unknown
  friend bool operator==(const Port&, const Port&) = default;
};

struct Table {
  std::uint8_t id = 0;
  std::string name;
  std::uint32_t max_entries = 0;
  friend bool operator==(const Table&, const Table&) = default;
};

// What the handshake learned.
struct SwitchInfo {
  DatapathId datapath = 0;
  Version version = Version::k10;
  std::uint8_t table_count = 0;
  std::string manufacturer;  // description strings: printable ASCII only
  std::string hardware;
  std::string software;
  std::string serial;
  std::vector<Port> ports;         // sorted by number
  std::vector<Table> tables;       // sorted by id; empty if the switch does not say
  bool bundles = false;            // transactions are atomic
  bool nicira = false;             // takes Open vSwitch's extensions in OpenFlow 1.0 (always assumed from 1.3 on)
  bool matches_fragments = false;  // set-config frags=nx-match is in force
  Role role = Role::kEqual;
};

enum class PortEvent : std::uint8_t { kAdded, kDeleted, kModified };
struct PortChange {
  PortEvent event = PortEvent::kModified;
  Port port;
};

struct PacketIn {
  PortNumber in_port = 0;
  std::uint8_t table = 0;
  std::uint64_t cookie = 0;  // of the flow that sent it; all ones: not known (always in OpenFlow 1.0)
  bool table_miss = false;
  std::size_t total_bytes = 0;  // of the frame; `frame` may hold only its front
  base::Bytes frame;
};

struct PacketOut {
  PortNumber in_port = kPortController;
  std::vector<Action> actions;
  base::Bytes frame;  // at most 64 KiB less headers
};

struct FlowRemoved {
  Flow flow;                // without actions
  std::uint8_t reason = 0;  // OFPRR_*: 0 idle timeout, 1 hard timeout, 2 delete, 3 group delete, ...
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// Counters that a switch does not keep are 0xffffffffffffffff.
struct PortStatistics {
  PortNumber port = 0;
  std::uint64_t rx_packets = 0, tx_packets = 0;
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
};
struct TableStatistics {
  std::uint8_t table = 0;
  std::uint32_t active = 0;  // flows in it
  std::uint64_t lookups = 0;
  std::uint64_t matched = 0;
};

enum class GroupType : std::uint8_t { kAll, kSelect, kIndirect, kFastFailover };
struct Bucket {
  std::uint16_t weight = 0;              // select only
  std::optional<PortNumber> watch_port;  // fast failover: live while this port is up
  std::vector<Action> actions;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};
enum class GroupCommand : std::uint8_t { kAdd, kModify, kDelete };
struct GroupMod {  // OpenFlow 1.3+
  GroupCommand command = GroupCommand::kAdd;
  std::uint32_t group = 0;
  GroupType type = GroupType::kAll;
  std::vector<Bucket> buckets;
  friend bool operator==(const GroupMod&, const GroupMod&) = default;
};
[[nodiscard]] std::string to_string(const GroupMod& mod);

}  // namespace superspan::openflow
