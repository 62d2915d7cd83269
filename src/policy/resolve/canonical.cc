// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/canonical.h"

#include <bit>

#include <fmt/format.h>

namespace superspan::policy::resolve {
namespace {

std::string direction(Direction direction) {
  return direction == Direction::kSourceOrDestination ? "" : std::string(parse::word(direction)) + " ";
}

std::string text(const EtherHost& host) {
  return "ether " + direction(host.direction) + "host " + host.address.to_string();
}
std::string text(const EtherMulticast&) {
  return "ether multicast";
}
std::string text(const EtherType& type) {
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
  return vlan.id ? fmt::format("vlan {}", *vlan.id) : "vlan";
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

std::string text(const IpMulticast& multicast) {
  return multicast.ip6 ? "ip6 multicast" : "ip multicast";
}

std::string text(const IpProtocol& protocol) {
  const char* where = protocol.ip && protocol.ip6 ? "" : protocol.ip ? "ip " : "ip6 ";
  return fmt::format("{}proto {}", where, protocol.protocol);
}

std::string text(const Ports& ports) {
  const char* where = ports.tcp && ports.udp ? "" : ports.tcp ? "tcp " : ports.udp ? "udp " : "sctp ";
  if (ports.first == ports.last) return fmt::format("{}{}port {}", where, direction(ports.direction), ports.first);
  return fmt::format("{}{}portrange {}-{}", where, direction(ports.direction), ports.first, ports.last);
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
    const Body& body = resolved_.nodes[id].body;
    if (const auto* group = std::get_if<Group>(&body)) return write(*group, outermost);
    if (const auto* inverted = std::get_if<Not>(&body)) {
      out_ += "not ";
      return visit(inverted->child, /*outermost=*/false);
    }
    std::visit(
        [&](const auto& primitive) {
          if constexpr (requires { text(primitive); }) out_ += text(primitive);
        },
        body);
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
