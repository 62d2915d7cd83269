// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/resolve.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "policy/resolve/context.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Kind;
using parse::Protocol;

struct LlcType {
  const char* word;
  std::uint8_t value, mask;
};
constexpr LlcType kLlcTypes[] = {{"", 0, 0},           {"i", 0x00, 0x01},    {"s", 0x01, 0x03},   {"u", 0x03, 0x03},
                                 {"rr", 0x01, 0x0f},   {"rnr", 0x05, 0x0f},  {"rej", 0x09, 0x0f}, {"ui", 0x03, 0xef},
                                 {"ua", 0x63, 0xef},   {"disc", 0x43, 0xef}, {"dm", 0x0f, 0xef},  {"sabme", 0x6f, 0xef},
                                 {"test", 0xe3, 0xef}, {"xid", 0xaf, 0xef},  {"frmr", 0x87, 0xef}};

// Resolves one node after the other, in the order of the text.
class Resolver {
 public:
  Resolver(const parse::Ast& ast, const Names* names) : context_{ast, names, {}, {}, 0, {}, {}} {}

  Result<Resolved> run() {
    context_.out.text = context_.ast.text;
    context_.out.terms = context_.ast.terms;
    for (const parse::Node& node : context_.ast.nodes) {
      context_.span = node.span;
      const auto id = std::visit([&](const auto& body) { return convert(body); }, node.body);
      if (!id) return std::unexpected(id.error());
      ids_.push_back(*id);
    }
    return std::move(context_.out);
  }

 private:
  Result<NodeId> convert(const parse::Not& inverted) { return context_.add(Not{ids_[inverted.child]}); }
  Result<NodeId> convert(const parse::Group& group) {
    Group mapped = group;
    for (Step& step : mapped.steps) step.operand = ids_[step.operand];
    return context_.add(std::move(mapped));
  }
  Result<NodeId> convert(const parse::Length& length) { return context_.add(length); }
  Result<NodeId> convert(const parse::ByteTest& test) { return context_.add(test); }
  Result<NodeId> convert(const parse::Comparison& test) { return comparison(context_, test); }
  Result<NodeId> convert(const parse::Encapsulation& test) { return encapsulation(context_, test); }

  Result<NodeId> convert(const parse::TcpFlags& test) { return tcp_flags(context_, test); }
  Result<NodeId> convert(const parse::Payload& test) { return payload(context_, test); }
  Result<NodeId> convert(const parse::ScopeBegin& begin) { return begin_scope(context_, begin.kind); }
  Result<NodeId> convert(const parse::Scope& scope) {
    return end_scope(context_, {scope.kind, ids_[scope.begin], ids_[scope.child]});
  }
  Result<NodeId> convert(const parse::Bidirectional& both) {
    const NodeId forth = ids_[both.forth];
    const NodeId back = ids_[both.back];
    if (std::holds_alternative<Scope>(context_.out.nodes[forth].body)) return context_.add(Bidirectional{forth, back});
    return context_.add(Group{{{Operator::kAnd, forth}, {Operator::kOr, back}}});
  }

  Result<NodeId> convert(const parse::Abbreviation& test) {
    auto body = abbreviation(context_, test.protocol);
    if (!body) return std::unexpected(body.error());
    return context_.add(std::move(*body));
  }

  Result<NodeId> convert(const parse::Address& address) {
    switch (address.qualifier.kind) {
      case Kind::kPort:
      case Kind::kPortRange:
        return ports(context_, address);
      case Kind::kProtocol:
      case Kind::kProtocolChain:
        return protocol(context_, address);
      case Kind::kGateway:
        return gateway(context_, address);
      case Kind::kVm:
      case Kind::kHypervisor:
      case Kind::kDevice:
      case Kind::kProfile:
      case Kind::kTenant:
      case Kind::kApp:
      case Kind::kLabel:
        return named_group(context_, address);
      case Kind::kTap:
      case Kind::kQos:
      case Kind::kDscp:
      case Kind::kEcn:
      case Kind::kVni:
        return own_number(context_, address);
      case Kind::kAddress:
      case Kind::kHost:
      case Kind::kNet:
        break;
    }
    return host(context_, address);
  }

  Result<NodeId> convert(const parse::Broadcast& cast) {
    constexpr std::uint32_t kWhole = 0xffffffff;
    if (cast.protocol == Protocol::kNone || cast.protocol == Protocol::kEther) {
      if (const auto status = context_.allows_ether(); !status) return std::unexpected(status.error());
      return context_.add(EtherHost{Direction::kDestination, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}});
    }
    if (cast.protocol != Protocol::kIp) {
      return context_.refuse("only Ethernet and IPv4 have broadcasts", "write 'ether broadcast' or 'ip broadcast'");
    }
    // The mask of the tap's network is not known; for tcpdump it is 0 then.
    const NodeId zeros = context_.add(Ipv4Host{true, false, false, Direction::kDestination, 0, kWhole});
    const NodeId ones = context_.add(Ipv4Host{true, false, false, Direction::kDestination, kWhole, kWhole});
    return context_.add(Group{{{Operator::kAnd, zeros}, {Operator::kOr, ones}}});
  }

  Result<NodeId> convert(const parse::Multicast& cast) {
    switch (cast.protocol) {
      case Protocol::kNone:
      case Protocol::kEther:
        if (const auto status = context_.allows_ether(); !status) return std::unexpected(status.error());
        return context_.add(EtherMulticast{});
      case Protocol::kIp:
        return context_.add(IpMulticast{false});
      case Protocol::kIp6:
        return context_.add(IpMulticast{true});
      default:
        return context_.refuse("'" + std::string(parse::word(cast.protocol)) + "' has no multicast of its own",
                               "write 'ether multicast', 'ip multicast' or 'ip6 multicast'");
    }
  }

  Result<NodeId> convert(const parse::Llc& llc) {
    if (const auto status = context_.allows_ether(); !status) return std::unexpected(status.error());
    std::string type = llc.type;
    std::ranges::transform(type, type.begin(), [](unsigned char byte) { return std::tolower(byte); });
    const auto found = std::ranges::find(kLlcTypes, type, &LlcType::word);
    if (found == std::end(kLlcTypes)) {
      return context_.refuse("'" + llc.type + "' is no type of an LLC frame",
                             "write i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid or frmr");
    }
    return context_.add(LlcFrame{type, found->value, found->mask});
  }

  Context context_;
  std::vector<NodeId> ids_;  // by node of the tree
};

}  // namespace

Result<Resolved> resolve(const parse::Ast& ast, const Names* names) {
  return Resolver(ast, names).run();
}

}  // namespace superspan::policy::resolve
