// SPDX-License-Identifier: Apache-2.0
// Committed bytes, both ways: what Open vSwitch sent and what we make of it; what we send and what ovs-ofctl reads in
// it.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "openflow/codec.h"

namespace superspan::openflow {
namespace {

using net::Field;
using net::FieldTest;

constexpr const char* kFromSwitch = "src/openflow/testdata/from_switch.txt";
constexpr const char* kToSwitch = "src/openflow/testdata/to_switch.txt";

const std::map<std::string, Version> kVersions = {{"OpenFlow10", Version::k10},
                                                  {"OpenFlow13", Version::k13},
                                                  {"OpenFlow14", Version::k14},
                                                  {"OpenFlow15", Version::k15}};

std::string read_file(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_file(const char* path, const std::string& text) {
  if (std::getenv("SUPERSPAN_UPDATE") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  EXPECT_EQ(text, read_file(path)) << "SUPERSPAN_UPDATE=1 writes the file anew";
}

std::string to_hex(base::BytesView bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

base::Bytes from_hex(const std::string& text) {
  base::Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoul(text.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

struct Lines {
  std::string text;
  void add(const std::string& line) { text += "  " + line + "\n"; }

  void operator()(const FeaturesReply& body) {
    add("datapath " + std::to_string(body.datapath) + ", tables " + std::to_string(body.table_count));
    for (const Port& port : body.ports) add(port_text(port));
  }
  void operator()(const ConfigReply& body) { add(body.matches_fragments ? "frags=nx-match" : "other frags"); }
  void operator()(const DescriptionReply& body) {
    add(body.manufacturer + " | " + body.hardware + " | " + body.software + " | " + body.serial);
  }
  void operator()(const RoleReply& body) { add(to_string(body.role)); }
  void operator()(const ErrorReply& body) { add(body.name); }
  void operator()(const BarrierReply&) { add("barrier"); }
  void operator()(const PortsReply& body) {
    for (const Port& port : body.items) add(port_text(port));
  }
  void operator()(const FlowStatisticsReply& body) {
    for (const FlowStatistics& item : body.items) {
      add(to_string(item.flow) + ", " + std::to_string(item.packets) + " packets");
    }
  }
  void operator()(const PortStatisticsReply& body) {
    for (const PortStatistics& item : body.items) {
      add("port " + std::to_string(item.port) + ": rx " + std::to_string(item.rx_packets) + ", tx " +
          std::to_string(item.tx_packets));
    }
  }
  void operator()(const TableStatisticsReply& body) {
    for (std::size_t index = 0; index < body.items.size() && index < 8; ++index) {
      const TableStatistics& item = body.items[index];
      add("table " + std::to_string(item.table) + ": " + std::to_string(item.active) + " flows");
    }
  }
  void operator()(const PortChange& body) {
    add((body.event == PortEvent::kModified ? "modified: " : "other: ") + port_text(body.port));
  }
  void operator()(const PacketIn& body) {
    add("in_port " + std::to_string(body.in_port) + ", " + std::to_string(body.total_bytes) + " bytes, " +
        (body.table_miss ? "miss, " : "action, ") + to_hex(body.frame));
  }
  void operator()(const FlowRemoved& body) {
    add(to_string(body.flow.key.match) + ", priority " + std::to_string(body.flow.key.priority) + ", reason " +
        std::to_string(body.reason));
  }
  template <typename T>
  void operator()(const T&) {
    add("another message");
  }

 private:
  static std::string port_text(const Port& port) {
    return std::to_string(port.number) + " " + port.name + " " + port.address.to_string() +
           (port.admin_down ? " admin-down" : "") + (port.link_down ? " link-down" : "");
  }
};

TEST(Golden, WhatOpenVswitchSentIsUnderstood) {
  std::istringstream lines(read_file(kFromSwitch));
  std::string result;
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) continue;
    result += line + "\n";
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string version, kind, hex;
    words >> version >> kind >> hex;
    const auto message = Decoder().decode(from_hex(hex));
    ASSERT_TRUE(message) << version << " " << kind << ": " << message.error().message;
    EXPECT_EQ(message->header.version, static_cast<int>(kVersions.at(version)));
    Lines text;
    std::visit(text, message->body);
    result += text.text;
    ++count;
  }
  EXPECT_EQ(count, 50U);
  expect_file(kFromSwitch, result);
}

TEST(Golden, EveryPrefixOfWhatOpenVswitchSentIsAnErrorOrAMessage) {
  std::istringstream lines(read_file(kFromSwitch));
  Decoder decoder;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ") || line.starts_with("#")) continue;
    const base::Bytes whole = from_hex(line.substr(line.rfind(' ') + 1));
    for (std::size_t length = kHeaderBytes; length < whole.size(); ++length) {
      base::Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      part[2] = static_cast<std::byte>(length >> 8);
      part[3] = static_cast<std::byte>(length);
      (void)decoder.decode(part);  // sanitizers watch
    }
  }
}

struct Sample {
  const char* name;
  std::vector<const char*> versions;
  bool extended;
  Flow flow;
};

Flow flow(std::uint8_t table, std::uint16_t priority, Match match, std::vector<Action> actions) {
  Flow result;
  result.key = {table, priority, std::move(match)};
  result.cookie = 0x5350000001010002;
  result.actions = std::move(actions);
  return result;
}

Match headers(net::Cube cube, std::optional<PortNumber> in_port = {}, std::vector<RegisterTest> registers = {}) {
  Match match;
  match.in_port = in_port;
  match.registers = std::move(registers);
  match.headers = std::move(cube);
  return match;
}

const std::vector<const char*> kAll = {"OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"};
const std::vector<const char*> kModern = {"OpenFlow13", "OpenFlow14", "OpenFlow15"};

std::vector<Sample> samples() {
  const FieldTest ipv4 = FieldTest::exactly(Field::kEthType, 0x0800);
  const FieldTest ipv6 = FieldTest::exactly(Field::kEthType, 0x86dd);
  const FieldTest nsh = FieldTest::exactly(Field::kEthType, 0x894f);
  const FieldTest tcp = FieldTest::exactly(Field::kIpProto, 6);
  const FieldTest untagged{Field::kVlanTci, 0, 0x1000};
  return {
      {"drop-all", kAll, false, flow(0, 0, {}, {})},
      {"vlan-profile", kAll, false,
       flow(0, 100,
            headers({{Field::kVlanTci, 0x100b, 0x1fff}, ipv4, tcp, FieldTest::exactly(Field::kL4Destination, 443)}, 5),
            {SetVlanId{12}, Output{49}})},
      {"untagged-prefix", kAll, false,
       flow(0, 7, headers({untagged, ipv4, {Field::kIpv4Source, 0x0a000000, 0xff000000}}), {Output{1}})},
      {"strip-vlan", kAll, false, flow(0, 7, headers({{Field::kVlanTci, 0x1000 | 7, 0x1fff}}), {PopVlan{}, Output{1}})},
      {"push-vlan", kModern, true, flow(0, 7, headers({untagged}, 1), {PushVlan{0x8100}, SetVlanId{7}, Output{2}})},
      {"classify", kAll, true,
       flow(0, 100, headers({}, 1), {LoadRegister{8, 17, 0xffffffff}, Resubmit{1}, Resubmit{2}})},
      {"set-one-bit", kAll, true,
       flow(1, 200, headers({untagged, ipv6, tcp, {Field::kL4Source, 0x400, 0xfc00}}, {}, {{8, 17, 0xffffffff}}),
            {LoadRegister{1, 0x40, 0x40}})},
      {"goto", kModern, true, flow(1, 0, {}, {GotoTable{2}})},
      {"first-fragments", kAll, true,
       flow(2, 9,
            headers({ipv4,
                     FieldTest::exactly(Field::kIpProto, 17),
                     {Field::kIpFragment, 0, 2},
                     FieldTest::exactly(Field::kL4Source, 53)}),
            {LoadRegister{0, 0x5, 0x5}})},
      {"encap", kModern, true,
       flow(4, 50, headers({}, {}, {{0, 1, 1}}),
            {EncapNsh{}, SetField{Field::kNshSpi, 1, 0xffffff}, MoveToField{8, Field::kNshContext1},
             SetField{Field::kNshContext2, 7, 0xffffffff}, MoveToField{0, Field::kNshContext4}, EncapEthernet{},
             SetField{Field::kEthDestination, 0x020000000001, 0xffffffffffff}, Output{49}})},
      {"decap", kModern, true,
       flow(0, 90, headers({nsh, FieldTest::exactly(Field::kNshSpi, 1), {Field::kNshContext4, 1, 1}}, 49),
            {MoveToRegister{Field::kNshContext1, 8}, MoveToRegister{Field::kNshContext4, 0}, Decap{}, Decap{},
             Resubmit{30}})},
      {"replicate", kAll, true,
       flow(30, 3, headers({}, {}, {{9, 2, 2}}), {Clone{{LoadRegister{3, 1, 0xffffffff}, Output{2}}}, Output{3}})},
      {"arp", kAll, false,
       flow(0, 5,
            headers({FieldTest::exactly(Field::kEthType, 0x0806), FieldTest::exactly(Field::kIpProto, 1),
                     FieldTest::exactly(Field::kArpTarget, 0x0a000001)}),
            {Output{kPortController}})},
      {"icmp6", kModern, true,
       flow(0, 5, headers({ipv6, FieldTest::exactly(Field::kIpProto, 58), FieldTest::exactly(Field::kL4Source, 135)}),
            {Output{kPortLocal}})},
      {"tcp-syn", kModern, true, flow(0, 5, headers({ipv4, tcp, {Field::kTcpFlags, 0x002, 0x012}}), {OutputGroup{9}})},
  };
}

// What `ovs-ofctl ofp-print` says, without its last newline; nothing if there is no ovs-ofctl.
std::optional<std::string> ofp_print(const std::string& hex) {
  FILE* pipe = popen(("ovs-ofctl ofp-print " + hex + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  for (int letter = 0; (letter = std::fgetc(pipe)) != EOF;) text += static_cast<char>(letter);
  if (pclose(pipe) != 0) return std::nullopt;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(Golden, WhatWeSendIsWhatOvsOfctlReads) {
  if (!ofp_print("0100000800000001")) GTEST_SKIP() << "ovs-ofctl is not installed";
  std::string result =
      "# Flow-mods that the encoder makes, and what `ovs-ofctl ofp-print` of Open vSwitch 3.1.0 reads in them.\n"
      "# After an intended change: SUPERSPAN_UPDATE=1 build/dev/bin/openflow_golden_test, and read the difference.\n";
  for (const Sample& sample : samples()) {
    result += std::string("\n") + sample.name + ": " + to_string(sample.flow) + "\n";
    for (const char* name : sample.versions) {
      Encoder encoder(kVersions.at(name), sample.extended);
      base::Bytes bytes;
      const base::Status status = encoder.flow_mod(bytes, 7, {FlowCommand::kAdd, sample.flow});
      ASSERT_TRUE(status) << sample.name << " " << name << ": " << status.error().message;
      const std::string hex = to_hex(bytes);
      result += std::string(name) + " " + hex + "\n  " + ofp_print(hex).value_or("unreadable") + "\n";
      const auto back = Decoder().decode(from_hex(hex));
      ASSERT_TRUE(back) << sample.name << " " << name << ": " << back.error().message;
      EXPECT_EQ(std::get<FlowMod>(back->body).flow, sample.flow);
    }
  }
  expect_file(kToSwitch, result);
}

TEST(Golden, OtherRequestsAreWhatOvsOfctlReads) {
  if (!ofp_print("0100000800000001")) GTEST_SKIP() << "ovs-ofctl is not installed";
  const auto reads = [](Version version, const auto& request) {
    Encoder encoder(version, true);
    base::Bytes bytes;
    request(encoder, bytes);
    return ofp_print(to_hex(bytes)).value_or("unreadable");
  };
  EXPECT_EQ(reads(Version::k13, [](Encoder& encoder, base::Bytes& out) { encoder.set_config(out, 1, true); }),
            "OFPT_SET_CONFIG (OF1.3) (xid=0x1): frags=nx-match miss_send_len=128");
  EXPECT_EQ(reads(Version::k10, [](Encoder& encoder, base::Bytes& out) { encoder.enable_table_ids(out, 1); }),
            "NXT_FLOW_MOD_TABLE_ID (xid=0x1): enable");
  EXPECT_EQ(
      reads(Version::k10, [](Encoder& encoder, base::Bytes& out) { encoder.role_request(out, 1, Role::kSlave, 9); }),
      "NXT_ROLE_REQUEST (xid=0x1): role=secondary");
  EXPECT_EQ(
      reads(Version::k15, [](Encoder& encoder, base::Bytes& out) { encoder.role_request(out, 1, Role::kMaster, 9); }),
      "OFPT_ROLE_REQUEST (OF1.5) (xid=0x1): role=primary generation_id=9");
  EXPECT_EQ(reads(Version::k13,
                  [](Encoder& encoder, base::Bytes& out) { encoder.bundle_control(out, 1, 2, BundleStep::kCommit); }),
            "ONFT_BUNDLE_CONTROL (OF1.3) (xid=0x1):\n bundle_id=0x2 type=COMMIT_REQUEST flags=atomic ordered");
  EXPECT_EQ(reads(Version::k14,
                  [](Encoder& encoder, base::Bytes& out) {
                    EXPECT_TRUE(encoder.flow_mod(out, 1, {FlowCommand::kDeleteStrict, flow(1, 2, {}, {})}, 2));
                  }),
            "OFPT_BUNDLE_ADD_MESSAGE (OF1.4) (xid=0x1):\n bundle_id=0x2 flags=atomic ordered\n"
            "OFPT_FLOW_MOD (OF1.4) (xid=0x1): DEL_STRICT table:1 priority=2 actions=drop");
  EXPECT_EQ(reads(Version::k13,
                  [](Encoder& encoder, base::Bytes& out) {
                    const GroupMod group{GroupCommand::kAdd, 4, GroupType::kFastFailover, {{0, 1, {Output{1}}}}};
                    EXPECT_TRUE(encoder.group_mod(out, 1, group));
                  }),
            "OFPT_GROUP_MOD (OF1.3) (xid=0x1):\n ADD group_id=4,type=ff,bucket=watch_port:1,actions=output:1");
  EXPECT_EQ(reads(Version::k15,
                  [](Encoder& encoder, base::Bytes& out) {
                    EXPECT_TRUE(encoder.packet_out(out, 1, {5, {Output{1}}, base::Bytes(20)}));
                  })
                .substr(0, 73),
            "OFPT_PACKET_OUT (OF1.5) (xid=0x1): in_port=5 actions=output:1 data_len=20");
}

}  // namespace
}  // namespace superspan::openflow
