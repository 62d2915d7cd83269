// SPDX-License-Identifier: Apache-2.0
#include "net/flow_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/testing/seed.h"
#include "net/flow_key_oracle.h"

namespace superspan::net {
namespace {

using base::Bytes;
using base::ByteWriter;
using Random = std::mt19937_64;

unsigned pick(Random& random, unsigned below) {
  return static_cast<unsigned>(random() % below);
}

void put_transport(Random& random, unsigned protocol, ByteWriter& out) {
  for (unsigned word = 0; word < 3; ++word) out.be32(static_cast<std::uint32_t>(random()));
  if (protocol != 6) return;
  out.be16(static_cast<std::uint16_t>((5 + pick(random, 3)) << 12 | pick(random, 0x1000)));
  out.zeros(6 + pick(random, 24));
}

constexpr unsigned kProtocols[] = {1, 2, 6, 17, 58, 132, 47, 6, 17};

unsigned protocol(Random& random) {
  return kProtocols[pick(random, std::size(kProtocols))];
}

Bytes transport(Random& random, unsigned protocol) {
  ByteWriter out;
  put_transport(random, protocol, out);
  return out.take();
}

void put_ipv4(Random& random, ByteWriter& out) {
  const unsigned inner = protocol(random);
  const Bytes payload = transport(random, inner);
  const std::size_t words = 5 + (pick(random, 4) == 0 ? pick(random, 11) : 0);
  out.u8(static_cast<std::uint8_t>(0x40 | words));
  out.u8(static_cast<std::uint8_t>(random()));
  out.be16(static_cast<std::uint16_t>(words * 4 + payload.size()));
  out.be16(0);
  constexpr std::uint16_t kFragments[] = {0, 0, 0, 0x4000, 0x2000, 0x2010, 0x0010};
  out.be16(kFragments[pick(random, std::size(kFragments))]);
  out.u8(static_cast<std::uint8_t>(random()));
  out.u8(static_cast<std::uint8_t>(inner));
  out.be16(0);
  out.be32(static_cast<std::uint32_t>(random()));
  out.be32(static_cast<std::uint32_t>(random()));
  out.zeros((words - 5) * 4);
  out.bytes(payload);
}

// The header `kind` in front of `rest`, which is of type `next`.
Bytes extension(Random& random, unsigned kind, unsigned next, const Bytes& rest) {
  ByteWriter out;
  const unsigned units = pick(random, 3);
  out.u8(static_cast<std::uint8_t>(next));
  out.u8(static_cast<std::uint8_t>(kind == 44 ? 0 : units));
  constexpr std::uint16_t kOffsets[] = {0, 1, 8, 9, 2};
  out.be16(kind == 44 ? kOffsets[pick(random, std::size(kOffsets))] : 0);
  out.zeros((kind == 44 ? 8 : kind == 51 ? (units + 2) * 4 : (units + 1) * 8) - 4);
  out.bytes(rest);
  return out.take();
}

void put_ipv6(Random& random, ByteWriter& out) {
  unsigned next = protocol(random);
  Bytes payload = transport(random, next);
  constexpr unsigned kExtensions[] = {0, 43, 44, 51, 60};
  for (unsigned count = pick(random, 3); count > 0; --count) {
    const unsigned kind = kExtensions[pick(random, std::size(kExtensions))];
    payload = extension(random, kind, next, payload);
    next = kind;
  }
  out.be32(0x60000000U | static_cast<std::uint32_t>(random() >> 36));
  out.be16(static_cast<std::uint16_t>(payload.size()));
  out.u8(static_cast<std::uint8_t>(next));
  out.u8(static_cast<std::uint8_t>(random()));
  for (unsigned word = 0; word < 4; ++word) out.be64(random());
  out.bytes(payload);
}

void put_arp(Random& random, ByteWriter& out) {
  out.be64(0x0001080006040000U | (pick(random, 8) == 0 ? 0x101 : 1 + pick(random, 4)));
  for (unsigned word = 0; word < 5; ++word) out.be32(static_cast<std::uint32_t>(random()));
}

void put_nsh(Random& random, ByteWriter& out) {
  out.be32(0x0fc60103);
  for (unsigned word = 0; word < 5; ++word) out.be32(static_cast<std::uint32_t>(random()));
}

Bytes random_frame(Random& random) {
  ByteWriter out;
  out.be64(random());
  out.be32(static_cast<std::uint32_t>(random()));
  for (unsigned tags = pick(random, 4); tags > 0; --tags) {
    out.be16(pick(random, 3) == 0 ? 0x88a8 : 0x8100);
    out.be16(static_cast<std::uint16_t>(random()));
  }
  if (pick(random, 8) == 0) {
    out.be16(0x0100);
    out.be32(0xaaaa0300);
    out.be16(0);
  }
  switch (pick(random, 7)) {
    case 0:
    case 1:
      out.be16(0x0800), put_ipv4(random, out);
      break;
    case 2:
    case 3:
      out.be16(0x86dd), put_ipv6(random, out);
      break;
    case 4:
      out.be16(0x0806), put_arp(random, out);
      break;
    case 5:
      out.be16(0x894f), put_nsh(random, out);
      break;
    default:
      out.be16(static_cast<std::uint16_t>(random())), out.be64(random());
      break;
  }
  out.zeros(pick(random, 4) == 0 ? pick(random, 20) : 0);
  return out.take();
}

void mutate(Random& random, Bytes& frame) {
  if (pick(random, 3) == 0) frame.resize(pick(random, static_cast<unsigned>(frame.size()) + 1));
  for (unsigned count = pick(random, 3); count > 0 && !frame.empty(); --count) {
    const std::size_t at = 12 + pick(random, 60);
    if (at < frame.size()) frame[at] = static_cast<std::byte>(pick(random, 4) == 0 ? random() : pick(random, 8));
  }
}

U128 number(const std::uint8_t* bytes, std::size_t count) {
  U128 value = 0;
  for (std::size_t index = 0; index < count; ++index) value = value << 8 | bytes[index];
  return value;
}

FlowKey oracle(const Bytes& frame, unsigned vlan_limit) {
  std::vector<std::uint8_t> bytes(frame.size());
  std::ranges::transform(frame, bytes.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  OracleKey from;
  oracle_extract(bytes.data(), bytes.size(), vlan_limit, &from);
  FlowKey key;
  key[Field::kEthDestination] = number(from.dl_dst, 6);
  key[Field::kEthSource] = number(from.dl_src, 6);
  key[Field::kVlanTci] = from.vlan_tci;
  key[Field::kEthType] = from.dl_type;
  key[Field::kIpProto] = from.ip_proto;
  key[Field::kIpFragment] = from.nw_frag;
  key[Field::kIpDscp] = from.nw_tos >> 2;
  key[Field::kIpEcn] = from.nw_tos & 3;
  key[Field::kIpTtl] = from.nw_ttl;
  key[Field::kIpv4Source] = from.nw_src;
  key[Field::kIpv4Destination] = from.nw_dst;
  key[Field::kArpSource] = from.arp_spa;
  key[Field::kArpTarget] = from.arp_tpa;
  key[Field::kIpv6Source] = number(from.ipv6_src, 16);
  key[Field::kIpv6Destination] = number(from.ipv6_dst, 16);
  key[Field::kL4Source] = from.tp_src;
  key[Field::kL4Destination] = from.tp_dst;
  key[Field::kTcpFlags] = from.tcp_flags;
  key[Field::kNshSpi] = from.nsh_path >> 8;
  key[Field::kNshSi] = from.nsh_path & 0xff;
  key[Field::kNshContext1] = from.nsh_context[0];
  key[Field::kNshContext2] = from.nsh_context[1];
  key[Field::kNshContext3] = from.nsh_context[2];
  key[Field::kNshContext4] = from.nsh_context[3];
  return key;
}

std::string difference(const FlowKey& ours, const FlowKey& theirs, const Bytes& frame) {
  std::string text;
  for (std::size_t index = 0; index < kFieldCount; ++index) {
    if (ours.values[index] == theirs.values[index]) continue;
    const auto field = static_cast<Field>(index);
    text += "ours " + to_string(FieldTest::exactly(field, ours[field])) + ", Open vSwitch " +
            to_string(FieldTest::exactly(field, theirs[field])) + "\n";
  }
  for (const std::byte byte : frame) {
    char hex[4];
    std::snprintf(hex, sizeof(hex), "%02x", std::to_integer<unsigned>(byte));
    text += hex;
  }
  return text;
}

TEST(FlowKey, IsWhatOpenVswitchExtractsFromWholeAndBrokenFrames) {
  Random random(base::testing::seed());
  for (unsigned round = 0; round < 400'000; ++round) {
    Bytes frame = random_frame(random);
    if (round % 2 == 1) mutate(random, frame);
    const unsigned vlan_limit = 1 + pick(random, 2);
    const FlowKey ours = extract(frame, vlan_limit);
    const FlowKey theirs = oracle(frame, vlan_limit);
    ASSERT_EQ(ours, theirs) << "vlan limit " << vlan_limit << "\n" << difference(ours, theirs, frame);
  }
}

TEST(FlowKey, OfAFrameShorterThanItsEthernetHeaderIsZero) {
  EXPECT_EQ(extract(Bytes(13, std::byte{0xff})), FlowKey{});
}

TEST(FlowKey, MatchesACubeOnlyIfEveryTestHolds) {
  FlowKey key;
  key[Field::kEthType] = 0x800;
  key[Field::kIpv4Source] = 0x0a010203;
  const FieldTest ip = FieldTest::exactly(Field::kEthType, 0x800);
  EXPECT_TRUE(matches({}, key));
  EXPECT_TRUE(matches({ip, {Field::kIpv4Source, 0x0a010000, 0xffff0000}}, key));
  EXPECT_FALSE(matches({ip, {Field::kIpv4Source, 0x0a020000, 0xffff0000}}, key));
}

}  // namespace
}  // namespace superspan::net
