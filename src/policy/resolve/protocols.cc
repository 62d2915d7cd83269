// SPDX-License-Identifier: Apache-2.0
// proto, protochain, and the words of protocols.
#include <fmt/format.h>

#include "policy/resolve/context.h"
#include "policy/resolve/known.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Form;
using parse::Kind;
using parse::Protocol;
using parse::Value;

constexpr std::uint32_t kClnp = 0x81;
constexpr std::uint32_t kEsis = 0x82;
constexpr std::uint32_t kIsis = 0x83;

// PDU types of ISO 10589.
enum Pdu : std::uint32_t {
  kL1Hello = 15,
  kL2Hello = 16,
  kPointToPointHello = 17,
  kL1LinkState = 18,
  kL2LinkState = 20,
  kL1Complete = 24,
  kL2Complete = 25,
  kL1Partial = 26,
  kL2Partial = 27
};

std::vector<std::uint32_t> pdus(Protocol word) {
  switch (word) {
    case Protocol::kL1:
      return {kL1Partial, kL1Complete, kL1LinkState, kL1Hello, kPointToPointHello};
    case Protocol::kL2:
      return {kL2Partial, kL2Complete, kL2LinkState, kL2Hello, kPointToPointHello};
    case Protocol::kIih:
      return {kPointToPointHello, kL1Hello, kL2Hello};
    case Protocol::kLsp:
      return {kL1LinkState, kL2LinkState};
    case Protocol::kSnp:
      return {kL2Partial, kL1Partial, kL1Complete, kL2Complete};
    case Protocol::kCsnp:
      return {kL1Complete, kL2Complete};
    default:
      return {kL1Partial, kL2Partial};
  }
}

std::optional<std::uint32_t> link_type(Protocol protocol) {
  switch (protocol) {
    case Protocol::kIp:
      return kEtherTypeIp;
    case Protocol::kIp6:
      return kEtherTypeIp6;
    case Protocol::kArp:
      return kEtherTypeArp;
    case Protocol::kRarp:
      return kEtherTypeRarp;
    case Protocol::kIso:
      return kAccessIso;
    case Protocol::kStp:
      return kAccessStp;
    case Protocol::kIpx:
      return kAccessIpx;
    case Protocol::kNetbeui:
      return kAccessNetbeui;
    case Protocol::kAtalk:
    case Protocol::kAarp:
    case Protocol::kDecnet:
    case Protocol::kLat:
    case Protocol::kSca:
    case Protocol::kMoprc:
    case Protocol::kMopdl:
      return ether_type(parse::word(protocol));
    default:
      return std::nullopt;
  }
}

std::optional<IpProtocol> ip_protocol_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kIcmp:
      return IpProtocol{true, false, kProtocolIcmp};
    case Protocol::kIgmp:
      return IpProtocol{true, false, 2};
    case Protocol::kIgrp:
      return IpProtocol{true, false, 9};
    case Protocol::kVrrp:
    case Protocol::kCarp:
      return IpProtocol{true, false, 112};
    case Protocol::kIcmp6:
      return IpProtocol{false, true, kProtocolIcmp6};
    case Protocol::kTcp:
      return IpProtocol{true, true, kProtocolTcp};
    case Protocol::kUdp:
      return IpProtocol{true, true, kProtocolUdp};
    case Protocol::kSctp:
      return IpProtocol{true, true, kProtocolSctp};
    case Protocol::kPim:
      return IpProtocol{true, true, 103};
    case Protocol::kAh:
      return IpProtocol{true, true, kProtocolAh};
    case Protocol::kEsp:
      return IpProtocol{true, true, 50};
    default:
      return std::nullopt;
  }
}

std::optional<std::uint32_t> iso_protocol(std::string_view name) {
  if (name == "clnp") return kClnp;
  if (name == "esis") return kEsis;
  if (name == "isis") return kIsis;
  return std::nullopt;
}

Result<std::uint32_t> number(const Context& context, Protocol protocol, const Value& value) {
  if (value.form == Form::kNumber) return value.number;
  std::optional<std::uint32_t> known;
  const char* what = "an IP protocol";
  const char* hint = "write a number from 0 to 255 or a name like '\\tcp'";
  if (protocol == Protocol::kEther) {
    known = ether_type(value.text);
    what = "an EtherType";
    hint = "write a number from 0x600 to 0xffff or a name like '\\arp'";
  } else if (protocol == Protocol::kIso) {
    known = iso_protocol(value.text);
    what = "an OSI protocol";
    hint = "write a number, '\\clnp', '\\esis' or '\\isis'";
  } else if (protocol != Protocol::kIsis) {
    known = ip_protocol(value.text);
  } else {
    what = "a type of IS-IS packets";
    hint = "write its number";
  }
  if (value.form != Form::kName || !known) {
    return context.refuse("'" + value.text + "' is not " + what, hint);
  }
  return *known;
}

Result<NodeId> chain(Context& context, Protocol protocol, std::uint32_t number) {
  if (context.layout.payload.slot) {
    return context.refuse("'protochain' cannot follow a header whose length varies",
                          "write it to the left of 'geneve'");
  }
  const bool any = protocol == Protocol::kNone;
  // libpcap keeps a register for good when it is asked for both families.
  if (const auto status = context.take_registers(any ? 2 : 1); !status) return std::unexpected(status.error());
  --context.registers;
  if (!any) return context.add(ProtocolChain{protocol == Protocol::kIp6, number});
  const NodeId four = context.add(ProtocolChain{false, number});
  const NodeId six = context.add(ProtocolChain{true, number});
  return context.add(Group{{{Operator::kAnd, four}, {Operator::kOr, six}}});
}

}  // namespace

Result<Body> abbreviation(const Context& context, Protocol protocol) {
  if (const auto type = link_type(protocol)) {
    if (const auto status = context.allows_type(*type); !status) return std::unexpected(status.error());
    return LinkType{*type};
  }
  if (const auto ip = ip_protocol_of(protocol)) return *ip;
  if (const auto status = context.allows_type(kAccessIso); !status) return std::unexpected(status.error());
  if (const auto iso = iso_protocol(parse::word(protocol))) return IsoProtocol{*iso};
  return IsisTypes{protocol, pdus(protocol)};
}

Result<NodeId> protocol(Context& context, const parse::Address& address) {
  const Protocol family = address.qualifier.protocol;
  const bool chained = address.qualifier.kind == Kind::kProtocolChain;
  const bool ip = family == Protocol::kNone || family == Protocol::kIp || family == Protocol::kIp6;
  const bool other = family == Protocol::kEther || family == Protocol::kIso || family == Protocol::kIsis;
  if (!ip && (chained || !other)) {
    const std::string word = parse::word(family);
    const std::string kind = parse::word(address.qualifier.kind);
    return context.refuse(address.qualifier,
                          fmt::format("'{} {}' says nothing: {} carries no {}", word, kind, word,
                                      chained ? "chain of headers" : "protocol number"),
                          chained
                              ? "write 'protochain', 'ip protochain' or 'ip6 protochain'"
                              : "write 'proto', 'ip proto', 'ip6 proto', 'ether proto', 'iso proto' or 'isis proto'");
  }
  const auto wanted = number(context, family, address.value);
  if (!wanted) return std::unexpected(wanted.error());
  if (chained) return chain(context, family, *wanted);
  if (ip) return context.add(IpProtocol{family != Protocol::kIp6, family != Protocol::kIp, *wanted});
  const std::uint32_t type = family == Protocol::kEther ? *wanted : kAccessIso;
  if (const auto status = context.allows_type(type); !status) return std::unexpected(status.error());
  if (family == Protocol::kEther) return context.add(LinkType{*wanted});
  if (family == Protocol::kIso) return context.add(IsoProtocol{*wanted});
  return context.add(IsisTypes{Protocol::kIsis, {*wanted}});
}

}  // namespace superspan::policy::resolve
