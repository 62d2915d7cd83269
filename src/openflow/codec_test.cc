// SPDX-License-Identifier: Apache-2.0
#include "openflow/codec.h"

#include <gtest/gtest.h>

#include <array>

#include "openflow/random_flow.h"

namespace superspan::openflow {
namespace {

using net::Field;
using net::FieldTest;

struct Speaker {
  const char* name;
  Version version;
  bool extended;
};
constexpr Speaker kSpeakers[] = {{"plain OpenFlow 1.0", Version::k10, false},
                                 {"Open vSwitch 1.0", Version::k10, true},
                                 {"1.3", Version::k13, true},
                                 {"1.4", Version::k14, true},
                                 {"1.5", Version::k15, true}};

// The flow as it arrives at the other side, or what went wrong.
base::Result<FlowMod> there_and_back(const Speaker& speaker, const FlowMod& mod) {
  Encoder encoder(speaker.version, speaker.extended);
  base::Bytes bytes;
  if (const auto status = encoder.flow_mod(bytes, 7, mod); !status) return std::unexpected(status.error());
  Decoder decoder;
  auto message = decoder.decode(bytes);
  if (!message) return std::unexpected(message.error());
  if (message->header.xid != 7) return base::fail(base::ErrorCode::kInternal, "another xid");
  if (auto* back = std::get_if<FlowMod>(&message->body)) return std::move(*back);
  return base::fail(base::ErrorCode::kInternal, "another message");
}

std::string encode_error(const Speaker& speaker, const Flow& flow) {
  Encoder encoder(speaker.version, speaker.extended);
  base::Bytes bytes;
  const auto status = encoder.flow_mod(bytes, 1, {FlowCommand::kAdd, flow});
  EXPECT_TRUE(status || bytes.empty()) << "half a message was appended";
  return status ? "" : status.error().message;
}

Flow flow_with(net::Cube headers, std::vector<Action> actions = {}) {
  Flow flow;
  flow.key.match.headers = std::move(headers);
  flow.actions = std::move(actions);
  return flow;
}

// The encoder keeps the actions of the last flow; that must not show.
TEST(Codec, AnEncoderSaysTheSameWhateverItSaidBefore) {
  for (const Speaker& speaker : kSpeakers) {
    RandomFlow random(seed());
    Encoder encoder(speaker.version, speaker.extended);
    FlowMod mod;
    for (int round = 0; round < 5000; ++round) {
      const FlowMod fresh{FlowCommand::kAdd, random.flow(speaker.extended, speaker.version != Version::k10)};
      mod.flow.key = fresh.flow.key;
      if (round % 3 == 0) mod.flow.actions = fresh.flow.actions;  // else those of the last one, on another match
      if (round % 11 == 0) mod.flow.actions.push_back(Output{0xffff'0000});  // there is no such port
      mod.command = round % 7 == 0 ? FlowCommand::kDeleteStrict : FlowCommand::kAdd;
      if (round % 13 == 0) {
        base::Bytes ignored;
        (void)encoder.packet_out(ignored, 1, {kPortController, {Output{1}}, base::Bytes(60)});
      }
      base::Bytes said;
      base::Bytes expected;
      const bool sent = encoder.flow_mod(said, 7, mod).has_value();
      ASSERT_EQ(sent, Encoder(speaker.version, speaker.extended).flow_mod(expected, 7, mod).has_value());
      ASSERT_EQ(said, expected) << speaker.name << ": " << to_string(mod.flow);
    }
  }
}

TEST(Codec, TheSameActionIsAnotherFieldBehindAnotherProtocol) {
  Encoder encoder(Version::k14, true);
  const auto encode = [&](std::uint64_t protocol) {
    base::Bytes bytes;
    const auto flow =
        flow_with({FieldTest::exactly(Field::kEthType, 0x800), FieldTest::exactly(Field::kIpProto, protocol)},
                  {SetField{Field::kL4Destination, 53, 0xffff}});
    EXPECT_TRUE(encoder.flow_mod(bytes, 7, {FlowCommand::kAdd, flow}));
    const auto message = Decoder().decode(bytes);
    return message ? to_string(std::get<FlowMod>(message->body).flow) : "damaged";
  };
  const std::string tcp = encode(6);
  const std::string udp = encode(17);
  EXPECT_EQ(tcp, encode(6));
  EXPECT_EQ(udp, encode(17));
  EXPECT_NE(tcp, udp);
}

TEST(Codec, RandomFlowsComeBackAsTheyWere) {
  for (const Speaker& speaker : kSpeakers) {
    RandomFlow random(seed());
    for (int round = 0; round < 5000; ++round) {
      const FlowMod mod{FlowCommand::kAdd, random.flow(speaker.extended, speaker.version != Version::k10)};
      const auto back = there_and_back(speaker, mod);
      ASSERT_TRUE(back) << speaker.name << ": " << back.error().message << "\n" << to_string(mod.flow);
      ASSERT_EQ(back->flow, canonical(mod.flow))
          << speaker.name << "\nsent " << to_string(mod.flow) << "\ngot  " << to_string(back->flow);
    }
  }
}

TEST(Codec, DeletingNeedsOnlyTheKey) {
  for (const Speaker& speaker : kSpeakers) {
    RandomFlow random(seed() + 1);
    for (int round = 0; round < 500; ++round) {
      FlowMod mod{FlowCommand::kDeleteStrict, random.flow(speaker.extended, false)};
      const auto back = there_and_back(speaker, mod);
      ASSERT_TRUE(back) << speaker.name << ": " << back.error().message << "\n" << to_string(mod.flow);
      EXPECT_EQ(back->command, FlowCommand::kDeleteStrict);
      ASSERT_EQ(back->flow.key, mod.flow.key) << speaker.name << "\n" << to_string(mod.flow);
    }
  }
}

TEST(Codec, AMatchWithoutItsPrerequisiteIsRefusedNotWidened) {
  const Speaker speaker = kSpeakers[2];
  EXPECT_EQ(encode_error(speaker, flow_with({FieldTest::exactly(Field::kIpv4Source, 1)})),
            "a match on nw_src needs one on dl_type=0x0800");
  EXPECT_EQ(
      encode_error(speaker, flow_with({FieldTest::exactly(Field::kEthType, 0x0800),
                                       FieldTest::exactly(Field::kL4Destination, 80)})),
      "a match on tp_dst needs one on dl_type and nw_proto of TCP, UDP, SCTP or ICMP, and none on later fragments");
  EXPECT_EQ(encode_error(speaker, flow_with({FieldTest::exactly(Field::kNshSpi, 1)})),
            "a match on nsh_spi needs one on dl_type=0x894f");
  EXPECT_EQ(encode_error(speaker, flow_with({{Field::kEthType, 0x0800, 0xff00}})),
            "OpenFlow 1.3 cannot match dl_type=0x800/0xff00");
  EXPECT_EQ(encode_error(speaker, flow_with({{Field::kVlanTci, 0x2000, 0x2000}})),
            "OpenFlow 1.3 cannot match vlan_tci=0x2000/0x2000");
}

TEST(Codec, APlainOpenFlow10SwitchGetsNoExtensions) {
  const Speaker plain = kSpeakers[0];
  EXPECT_EQ(encode_error(plain, flow_with({{Field::kVlanTci, 0x1000, 0x1000}})),
            "OpenFlow 1.0 cannot match vlan_tci=0x1000/0x1000");
  EXPECT_EQ(encode_error(plain, flow_with({FieldTest::exactly(Field::kEthType, 0x86dd),
                                           FieldTest::exactly(Field::kIpProto, 6)})),
            "OpenFlow 1.0 cannot match nw_proto=6");
  EXPECT_EQ(encode_error(plain, flow_with({}, {LoadRegister{0, 1, 1}})), "OpenFlow 1.0 has no reg0");
  EXPECT_EQ(encode_error(plain, flow_with({}, {Resubmit{1}})), "OpenFlow 1.0 has no resubmit");
  EXPECT_EQ(encode_error(plain, flow_with({}, {PushVlan{0x8100}})), "OpenFlow 1.0 has no push_vlan (use SetVlanId)");
  Flow second_table = flow_with({});
  second_table.key.table = 1;
  EXPECT_EQ(encode_error(plain, second_table), "OpenFlow 1.0 has one table, number 0");
}

TEST(Codec, ActionsThatNoSwitchCanDoAreRefused) {
  const Speaker speaker = kSpeakers[3];
  EXPECT_EQ(encode_error(speaker, flow_with({}, {GotoTable{1}, Output{1}})), "goto_table must be the last action");
  EXPECT_EQ(encode_error(speaker, flow_with({}, {Clone{{GotoTable{1}}}})),
            "goto_table cannot stand inside clone or a bucket");
  EXPECT_EQ(encode_error(speaker, flow_with({}, {Output{0xff01}})), "there is no port 65281");
  EXPECT_EQ(encode_error(speaker, flow_with({}, {MoveToField{0, Field::kEthSource}})),
            "move:reg0->dl_src is not a move between 32 bits and 32 bits");
  EXPECT_EQ(encode_error(speaker, flow_with({}, {SetField{Field::kL4Source, 80, 0xffff}})),
            "no switch can set tp_src here");
  Flow reserved = flow_with({});
  reserved.cookie = ~0ULL;
  EXPECT_EQ(encode_error(speaker, reserved), "cookie 0xffffffffffffffff is reserved");
}

TEST(Codec, GroupsComeBackAsTheyWere) {
  const GroupMod all{GroupCommand::kAdd, 7, GroupType::kAll, {{0, {}, {Output{1}}}, {0, {}, {PopVlan{}, Output{2}}}}};
  const GroupMod failover{
      GroupCommand::kModify, 8, GroupType::kFastFailover, {{0, 1, {Output{1}}}, {0, 2, {Output{2}}}}};
  const GroupMod select{GroupCommand::kAdd, 9, GroupType::kSelect, {{10, {}, {Output{1}}}, {20, {}, {Output{2}}}}};
  for (const Version version : {Version::k13, Version::k14, Version::k15}) {
    for (const GroupMod& mod : {all, failover, select, GroupMod{GroupCommand::kDelete, 7, GroupType::kAll, {}}}) {
      Encoder encoder(version, true);
      base::Bytes bytes;
      ASSERT_TRUE(encoder.group_mod(bytes, 3, mod));
      const auto message = Decoder().decode(bytes);
      ASSERT_TRUE(message) << message.error().message;
      const auto* back = std::get_if<GroupMod>(&message->body);
      ASSERT_NE(back, nullptr);
      EXPECT_EQ(*back, mod) << to_string(version) << " " << to_string(*back);
    }
  }
}

// Every request that the encoder makes, in every version, one after the other.
base::Bytes every_request(Version version) {
  Encoder encoder(version, true);
  base::Bytes out;
  Encoder::hello(out, 1, std::array{version});
  encoder.echo_request(out, 2);
  encoder.echo_reply(out, 3, {});
  encoder.features_request(out, 4);
  encoder.description_request(out, 5);
  if (version != Version::k10) encoder.ports_request(out, 6);
  if (version != Version::k10) encoder.table_features_request(out, 7);
  encoder.config_request(out, 8);
  encoder.set_config(out, 9, true);
  encoder.role_request(out, 10, Role::kMaster, 5);
  if (version == Version::k10) encoder.enable_table_ids(out, 11);
  encoder.barrier_request(out, 12);
  if (version != Version::k10) encoder.bundle_control(out, 13, 1, BundleStep::kOpen);
  encoder.flow_statistics_request(out, 14, {0x5350000000030000, 0xffff000000ff0000});
  encoder.port_statistics_request(out, 15);
  encoder.table_statistics_request(out, 16);
  const PacketOut packet{kPortController, {Output{3}}, base::Bytes(64)};
  EXPECT_TRUE(encoder.packet_out(out, 17, packet));
  RandomFlow random(seed());
  for (Xid xid = 20; xid < 40; ++xid) {
    const FlowMod mod{FlowCommand::kAdd, random.flow(true, version != Version::k10)};
    EXPECT_TRUE(encoder.flow_mod(out, xid, mod));
    EXPECT_EQ(encoder.flow_mod(out, xid, mod, 1).has_value(), version != Version::k10) << "bundles came with 1.3";
  }
  return out;
}

std::vector<base::BytesView> split(base::BytesView stream) {
  std::vector<base::BytesView> messages;
  while (const auto header = peek_header(stream)) {
    if (header->length_bytes < kHeaderBytes || header->length_bytes > stream.size()) break;
    messages.push_back(stream.first(header->length_bytes));
    stream = stream.subspan(header->length_bytes);
  }
  EXPECT_TRUE(stream.empty()) << "bytes that are no message";
  return messages;
}

TEST(Codec, EveryRequestIsOneWholeMessageOfItsVersion) {
  for (const Version version : {Version::k10, Version::k13, Version::k14, Version::k15}) {
    const base::Bytes stream = every_request(version);
    const auto messages = split(stream);
    EXPECT_GE(messages.size(), 30U) << to_string(version);
    for (const base::BytesView message : messages) {
      EXPECT_EQ(peek_header(message)->version, static_cast<int>(version));
      const auto decoded = Decoder().decode(message);
      EXPECT_TRUE(decoded) << "type " << int{peek_header(message)->type} << " " << decoded.error().message;
    }
  }
}

TEST(Codec, EveryPrefixAndEveryWrongLengthIsAnErrorOrAMessage) {
  Decoder decoder;
  for (const Version version : {Version::k10, Version::k13, Version::k14, Version::k15}) {
    const base::Bytes stream = every_request(version);
    for (const base::BytesView message : split(stream)) {
      for (std::size_t length = 0; length < message.size(); ++length) {
        EXPECT_FALSE(decoder.decode(message.first(length))) << "length field says more";
        if (length < kHeaderBytes) continue;
        base::Bytes shorter(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(length));
        shorter[2] = static_cast<std::byte>(length >> 8);
        shorter[3] = static_cast<std::byte>(length);
        (void)decoder.decode(shorter);  // must not crash; sanitizers watch
      }
    }
  }
}

TEST(Codec, AHelloNamesItsVersionsInABitmapOrByItsHeader) {
  base::Bytes bytes;
  Encoder::hello(bytes, 9, std::array{Version::k10, Version::k13});
  auto message = Decoder().decode(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Hello>(message->body).versions, 0b10010U);
  const base::Bytes future = {std::byte{7}, std::byte{0}, std::byte{0}, std::byte{8},
                              std::byte{},  std::byte{},  std::byte{},  std::byte{1}};
  message = Decoder().decode(future);
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Hello>(message->body).versions, 0b11111110U);
}

TEST(Codec, AFailedHelloMayComeWithoutText) {
  const unsigned char wire[] = {4, 1, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0};
  const auto message = Decoder().decode(base::as_bytes(wire));
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<ErrorReply>(message->body).name, "OFPHFC_INCOMPATIBLE");
  EXPECT_EQ(std::get<ErrorReply>(message->body).text, "");
}

}  // namespace
}  // namespace superspan::openflow
