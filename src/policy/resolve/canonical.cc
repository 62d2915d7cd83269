// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/canonical.h"

#include <bit>

#include <fmt/format.h>

#include "policy/parse/terms.h"

namespace superspan::policy::resolve {
namespace {

std::string direction(Direction direction) {
  return direction == Direction::kSourceOrDestination ? "" : std::string(parse::word(direction)) + " ";
}

template <typename Number>
std::string numbered(const char* word, const std::optional<Number>& number) {
  return number ? fmt::format("{} {}", word, *number) : word;
}

std::string text(const EtherHost& host) {
  return "ether " + direction(host.direction) + "host " + host.address.to_string();
}
std::string text(const EtherMulticast&) {
  return "ether multicast";
}
std::string text(const LinkType& type) {
  switch (type.type) {
    case kEtherTypeIp:
      return "ip";
    case kEtherTypeIp6:
      return "ip6";
    case kEtherTypeArp:
      return "arp";
    case kEtherTypeRarp:
      return "rarp";
    default:
      return fmt::format("ether proto {:#x}", type.type);
  }
}

std::string text(const Vlan& vlan) {
  return numbered("vlan", vlan.id);
}
std::string text(const Mpls& mpls) {
  return numbered("mpls", mpls.label);
}
std::string text(const PppoeSession& session) {
  return numbered("pppoes", session.id);
}
std::string text(const Geneve& geneve) {
  return numbered("geneve", geneve.vni);
}

std::string text(const Ipv4Host& host) {
  std::string where;
  if (!(host.ip && host.arp && host.rarp)) where = host.ip ? "ip " : host.arp ? "arp " : "rarp ";
  where += direction(host.direction);
  const std::string address = net::Ipv4Address{host.value}.to_string();
  if (host.mask == 0xffffffff) return where + "host " + address;
  const int length = std::countl_one(host.mask);
  if (length == std::popcount(host.mask)) return fmt::format("{}net {}/{}", where, address, length);
  return fmt::format("{}net {} mask {}", where, address, net::Ipv4Address{host.mask}.to_string());
}

std::string text(const Ipv6Host& host) {
  const std::string where = "ip6 " + direction(host.direction);
  const std::string address = net::Ipv6Address::from(host.value).to_string();
  int length = 0;
  for (net::U128 rest = host.mask; rest != 0; rest <<= 1) ++length;
  if (length == 128) return where + "host " + address;
  return fmt::format("{}net {}/{}", where, address, length);
}

std::string text(const DecnetHost& host) {
  return fmt::format("decnet {}host {}.{}", direction(host.direction), host.address >> 10, host.address & 0x3ff);
}
std::string text(const IpMulticast& multicast) {
  return multicast.ip6 ? "ip6 multicast" : "ip multicast";
}
std::string text(const IpProtocol& protocol) {
  const char* where = protocol.ip && protocol.ip6 ? "" : protocol.ip ? "ip " : "ip6 ";
  return fmt::format("{}proto {}", where, protocol.protocol);
}
std::string text(const ProtocolChain& chain) {
  return fmt::format("{} protochain {}", chain.ip6 ? "ip6" : "ip", chain.protocol);
}
std::string text(const IsoProtocol& protocol) {
  return fmt::format("iso proto {:#x}", protocol.protocol);
}
std::string text(const IsisTypes& isis) {
  if (isis.word != parse::Protocol::kIsis) return parse::word(isis.word);
  return fmt::format("isis proto {}", isis.types.front());
}

std::string text(const Ports& ports) {
  const char* where = ports.tcp && ports.udp ? "" : ports.tcp ? "tcp " : ports.udp ? "udp " : "sctp ";
  if (ports.first == ports.last) return fmt::format("{}{}port {}", where, direction(ports.direction), ports.first);
  return fmt::format("{}{}portrange {}-{}", where, direction(ports.direction), ports.first, ports.last);
}

std::string text(const LlcFrame& frame) {
  return frame.type.empty() ? "llc" : "llc " + frame.type;
}
std::string text(const Length& length) {
  return fmt::format("{} {}", length.at_least ? "greater" : "less", length.bytes);
}
std::string text(const ByteTest& byte) {
  return fmt::format("byte {} {} {}", byte.index, static_cast<char>(byte.relation), byte.value);
}

std::string text(const Tunnel& tunnel) {
  return numbered("vni", tunnel.vni);
}
std::string text(const Payload& payload) {
  return parse::print(payload.written);
}
std::string text(const Tap& tap) {
  return fmt::format("tap {}", tap.id);
}
std::string text(const TcpFlags6& flags) {
  return fmt::format("(ip6[6] = 6 and ip6[53] & {} = {})", flags.mask, flags.value);
}

class Writer {
 public:
  explicit Writer(const Resolved& resolved) : resolved_(resolved) {}

  std::string run(NodeId root) {
    visit(root, /*outermost=*/true);
    return std::move(out_);
  }

 private:
  void visit(NodeId id, bool outermost) {
    std::visit([&](const auto& body) { write(body, outermost); }, resolved_.nodes[id].body);
  }

  template <typename Primitive>
  void write(const Primitive& primitive, bool /*outermost*/) {
    if constexpr (requires { text(primitive); }) out_ += text(primitive);
  }
  void write(const Comparison& comparison, bool /*outermost*/) {
    out_ += parse::print(resolved_.terms, comparison.terms);
  }
  void write(const Scope& scope, bool outermost) {
    if (scope.kind == parse::ScopeKind::kHere) return visit(scope.child, outermost);
    out_ += std::string(parse::word(scope.kind)) + " (";
    visit(scope.child, /*outermost=*/true);
    out_ += ")";
  }
  void write(const Bidirectional& both, bool /*outermost*/) {
    out_ += "bidir (";
    visit(both.forth, /*outermost=*/true);
    out_ += ")";
  }
  void write(const Not& inverted, bool /*outermost*/) {
    out_ += "not ";
    visit(inverted.child, /*outermost=*/false);
  }
  void write(const Group& group, bool outermost) {
    if (!outermost) out_ += "(";
    for (const Step& step : group.steps) {
      if (&step != group.steps.data()) out_ += std::string(" ") + parse::word(step.before) + " ";
      visit(step.operand, /*outermost=*/false);
    }
    if (!outermost) out_ += ")";
  }

  const Resolved& resolved_;
  std::string out_;
};

}  // namespace

std::string canonical(const Resolved& resolved) {
  return canonical(resolved, resolved.root());
}
std::string canonical(const Resolved& resolved, NodeId node) {
  return Writer(resolved).run(node);
}

}  // namespace superspan::policy::resolve
