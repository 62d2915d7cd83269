// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/resolve.h"

#include <algorithm>
#include <utility>

#include "policy/resolve/names.h"
#include "policy/resolve/values.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Form;
using parse::Kind;
using parse::Protocol;
using parse::Qualifier;
using parse::Span;
using parse::Value;

constexpr const char* kPortHint = "write a number from 0 to 65535 or a service name like 'https'";
constexpr const char* kNameHint = "names of machines are not looked up; write the address";

template <typename Number>
std::optional<std::uint32_t> widen(std::optional<Number> number) {
  return number ? std::optional<std::uint32_t>(*number) : std::nullopt;
}

// Resolves one node after the other; `depth_` counts the `vlan` seen so far.
class Resolver {
 public:
  explicit Resolver(const parse::Ast& ast) : ast_(ast) {}

  Result<Resolved> run() {
    Resolved resolved{ast_.text, {}};
    resolved.nodes.reserve(ast_.nodes.size());
    for (const parse::Node& node : ast_.nodes) {
      span_ = node.span;
      auto body = std::visit([&](const auto& body) { return convert(body); }, node.body);
      if (!body) return std::unexpected(body.error());
      resolved.nodes.push_back({std::move(*body), depth_, node.span});
      if (std::holds_alternative<parse::Vlan>(node.body)) ++depth_;
    }
    return resolved;
  }

 private:
  std::unexpected<base::Error> refuse(std::string message, std::string hint) const {
    return parse::fault(ast_.text, span_, std::move(message), std::move(hint));
  }
  std::unexpected<base::Error> refuse_qualifier(const Qualifier& qualifier, std::string message,
                                                std::string hint) const {
    return parse::fault(ast_.text, qualifier.span, std::move(message), std::move(hint));
  }

  Result<Body> convert(const parse::Not& inverted) const { return Not{inverted.child}; }
  Result<Body> convert(const parse::Group& group) const { return group; }

  Result<Body> convert(const parse::Vlan& vlan) const {
    if (vlan.id.empty()) return Vlan{};
    const auto id = parse_number(vlan.id);
    if (!id || *id > 4095) return refuse("no VLAN has the id " + vlan.id, "write an id from 0 to 4095");
    return Vlan{static_cast<std::uint16_t>(*id)};
  }

  Result<Body> convert(const parse::Broadcast& cast) const {
    if (cast.protocol == Protocol::kNone || cast.protocol == Protocol::kEther) {
      return EtherHost{Direction::kDestination, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
    }
    if (cast.protocol == Protocol::kIp) {
      return refuse("'ip broadcast' needs the netmask of the tap's network, which is not known",
                    "write 'ether broadcast' or 'ip dst host' with the broadcast address");
    }
    return refuse("only Ethernet has broadcasts", "write 'ether broadcast'");
  }

  Result<Body> convert(const parse::Multicast& cast) const {
    switch (cast.protocol) {
      case Protocol::kNone:
      case Protocol::kEther:
        return EtherMulticast{};
      case Protocol::kIp:
        return IpMulticast{false};
      case Protocol::kIp6:
        return IpMulticast{true};
      default:
        return refuse("'" + std::string(parse::word(cast.protocol)) + "' has no multicast of its own",
                      "write 'ether multicast', 'ip multicast' or 'ip6 multicast'");
    }
  }

  Result<Body> convert(const parse::Abbreviation& abbreviation) const {
    switch (abbreviation.protocol) {
      case Protocol::kIp:
        return EtherType{kEtherTypeIp};
      case Protocol::kIp6:
        return EtherType{kEtherTypeIp6};
      case Protocol::kArp:
        return EtherType{kEtherTypeArp};
      case Protocol::kRarp:
        return EtherType{kEtherTypeRarp};
      case Protocol::kIcmp6:
        return IpProtocol{false, true, 58};
      case Protocol::kIcmp:
        return IpProtocol{true, false, 1};
      case Protocol::kIgmp:
        return IpProtocol{true, false, 2};
      case Protocol::kIgrp:
        return IpProtocol{true, false, 9};
      case Protocol::kVrrp:
      case Protocol::kCarp:
        return IpProtocol{true, false, 112};
      case Protocol::kTcp:
        return IpProtocol{true, true, kProtocolTcp};
      case Protocol::kUdp:
        return IpProtocol{true, true, kProtocolUdp};
      case Protocol::kSctp:
        return IpProtocol{true, true, kProtocolSctp};
      case Protocol::kPim:
        return IpProtocol{true, true, 103};
      case Protocol::kAh:
        return IpProtocol{true, true, 51};
      case Protocol::kEsp:
        return IpProtocol{true, true, 50};
      case Protocol::kNone:
      case Protocol::kEther:
        break;
    }
    return refuse("this word alone says nothing", "write 'host', 'net', 'port' or 'proto' and a value behind it");
  }

  Result<Body> convert(const parse::Address& address) const {
    const Kind kind = address.qualifier.kind;
    if (!address.value.prefix_length.empty() || !address.value.mask.empty()) {
      if (kind != Kind::kNet) return refuse("only a net has a prefix length or a mask", "write 'net' in front");
    }
    switch (kind) {
      case Kind::kPort:
      case Kind::kPortRange:
        return ports(address.qualifier, address.value);
      case Kind::kProtocol:
        return protocol(address.qualifier, address.value);
      default:
        return host(address.qualifier, address.value);
    }
  }

  // --- port, portrange ---
  struct PortSet {
    std::uint16_t first, last;
    bool tcp = true, udp = true, sctp = true;
  };

  Result<PortSet> port(std::string_view text, Form form) const {
    if (form == Form::kNumber) {
      const auto number = parse_number(text);
      if (!number || *number > 65535) return refuse("'" + std::string(text) + "' is not a port", kPortHint);
      return PortSet{static_cast<std::uint16_t>(*number), static_cast<std::uint16_t>(*number)};
    }
    const auto known = form == Form::kName ? service(text) : std::nullopt;
    if (!known) {
      const bool range =
          form == Form::kName && text.front() >= '0' && text.front() <= '9' && text.find('-') != text.npos;
      return refuse("'" + std::string(text) + "' is not a port",
                    range ? "write 'portrange " + std::string(text) + "'" : kPortHint);
    }
    return PortSet{known->port, known->port, known->tcp, known->udp, known->tcp && known->udp};
  }

  Result<PortSet> port_range(const Value& value) const {
    const std::size_t dash = value.form == Form::kNumber ? std::string::npos : value.text.find('-');
    if (const auto whole = port(value.text, value.form); whole || dash == std::string::npos) return whole;
    const auto form = [](std::string_view text) {
      return !text.empty() && text.front() >= '0' && text.front() <= '9' ? Form::kNumber : Form::kName;
    };
    const std::string_view text = value.text;
    const auto first = port(text.substr(0, dash), form(text.substr(0, dash)));
    const auto last = port(text.substr(dash + 1), form(text.substr(dash + 1)));
    if (!first || !last) return refuse("'" + value.text + "' is not a range of ports", "write it as 6000-6008");
    const auto [low, high] = std::minmax(first->first, last->first);
    // Names of different protocols: libpcap then tests all of them.
    if (first->tcp != last->tcp || first->udp != last->udp) return PortSet{low, high};
    return PortSet{low, high, first->tcp, first->udp, first->sctp};
  }

  Result<Body> ports(const Qualifier& qualifier, const Value& value) const {
    auto set = qualifier.kind == Kind::kPort ? port(value.text, value.form) : port_range(value);
    if (!set) return std::unexpected(set.error());
    const Protocol protocol = qualifier.protocol;
    if (protocol != Protocol::kNone && protocol != Protocol::kTcp && protocol != Protocol::kUdp &&
        protocol != Protocol::kSctp) {
      const bool ip = protocol == Protocol::kIp || protocol == Protocol::kIp6;
      const std::string port = std::string(parse::word(qualifier.kind)) + " " + value.text;
      return refuse_qualifier(qualifier, "'" + std::string(parse::word(protocol)) + "' has no ports",
                              ip ? "write '" + std::string(parse::word(protocol)) + " and " + port + "'"
                                 : "write '" + port + "', 'tcp " + port + "' or 'udp " + port + "'");
    }
    const PortSet named = *set;
    // A number fits every protocol; a name only those it is known for.
    const bool number = named.tcp && named.udp && named.sctp;
    if (protocol != Protocol::kNone) {
      set->tcp = protocol == Protocol::kTcp && named.tcp;
      set->udp = protocol == Protocol::kUdp && named.udp;
      set->sctp = protocol == Protocol::kSctp && number;
    }
    if (!set->tcp && !set->udp && !set->sctp) {
      return refuse("'" + value.text + "' is no port of this protocol",
                    named.tcp ? "it is a TCP port: write 'tcp'" : "it is a UDP port: write 'udp'");
    }
    return Ports{set->tcp, set->udp, set->sctp, qualifier.direction, set->first, set->last};
  }

  // --- proto ---
  Result<Body> protocol(const Qualifier& qualifier, const Value& value) const {
    if (qualifier.protocol == Protocol::kEther) return type(value);
    const bool any = qualifier.protocol == Protocol::kNone;
    const bool ip = any || qualifier.protocol == Protocol::kIp;
    const bool ip6 = any || qualifier.protocol == Protocol::kIp6;
    if (!ip && !ip6) {
      const std::string shown = parse::word(qualifier.protocol);
      return refuse_qualifier(qualifier, "'" + shown + " proto' says nothing: " + shown + " carries no protocol number",
                              "write 'ip proto', 'ip6 proto', 'proto' or 'ether proto'");
    }
    const auto number = value.form == Form::kNumber ? parse_number(value.text) : widen(ip_protocol(value.text));
    if (!number || *number > 255) {
      return refuse("'" + value.text + "' is not an IP protocol", "write a number from 0 to 255 or a name like 'tcp'");
    }
    return IpProtocol{ip, ip6, static_cast<std::uint8_t>(*number)};
  }

  Result<Body> type(const Value& value) const {
    const auto number = value.form == Form::kNumber ? parse_number(value.text) : widen(ether_type(value.text));
    if (!number || *number > 0xffff) {
      return refuse("'" + value.text + "' is not an EtherType",
                    "write a number from 0x600 to 0xffff or a name like 'arp'");
    }
    if (*number < 0x600) {
      return refuse("EtherTypes begin at 0x600; smaller numbers are lengths or IEEE 802.2 service access points",
                    "802.2 frames are not understood yet; write a number from 0x600 to 0xffff");
    }
    if (*number == 0x809b || *number == 0x80f3) {
      return refuse("AppleTalk is not understood yet: libpcap also finds it inside 802.2 frames",
                    "leave AppleTalk out for now");
    }
    return EtherType{static_cast<std::uint16_t>(*number)};
  }

  // --- host, net ---
  Result<Body> host(const Qualifier& qualifier, const Value& value) const {
    if (qualifier.protocol == Protocol::kEther) return ether(qualifier, value);
    if (value.form == Form::kMac) {
      return refuse("a MAC address belongs to Ethernet", "write 'ether host " + value.text + "'");
    }
    if (value.form == Form::kName) return refuse("unknown name '" + value.text + "'", kNameHint);
    const bool six = value.form == Form::kIpv6;
    switch (qualifier.protocol) {
      case Protocol::kNone:
        break;
      case Protocol::kIp:
      case Protocol::kArp:
      case Protocol::kRarp:
        if (!six) break;
        return refuse_qualifier(qualifier,
                                "'" + std::string(parse::word(qualifier.protocol)) + "' has no IPv6 addresses",
                                "write 'ip6 host " + value.text + "'");
      case Protocol::kIp6:
        if (six) break;
        return refuse_qualifier(qualifier, "'ip6' has no IPv4 addresses", "write 'ip host " + value.text + "'");
      default: {
        const std::string shown = parse::word(qualifier.protocol);
        const bool number = value.form == Form::kNumber;
        const std::string direction = qualifier.direction == Direction::kSourceOrDestination
                                          ? ""
                                          : std::string(parse::word(qualifier.direction)) + " ";
        return refuse_qualifier(qualifier, "'" + shown + "' has no addresses of its own",
                                number ? "write '" + shown + " " + direction + "port " + value.text + "'"
                                       : "write '" + shown + " and " + direction + "host " + value.text + "'");
      }
    }
    return six ? ipv6(qualifier, value) : ipv4(qualifier, value);
  }

  Result<Body> ether(const Qualifier& qualifier, const Value& value) const {
    if (qualifier.kind == Kind::kNet) {
      return refuse_qualifier(qualifier, "Ethernet has no nets", "write 'ether host' with a MAC address");
    }
    const auto address =
        value.form == Form::kIpv6 || value.form == Form::kDotted ? std::nullopt : parse_mac(value.text);
    if (!address) {
      return refuse("'" + value.text + "' is not a MAC address", "write six bytes in hex: 00:11:22:aa:bb:cc");
    }
    return EtherHost{qualifier.direction, *address};
  }

  Result<Body> ipv4(const Qualifier& qualifier, const Value& value) const {
    std::uint32_t address = 0;
    std::uint32_t mask = 0xffffffff;
    if (value.form == Form::kNumber) {
      const auto number = parse_number(value.text);
      if (!number) return refuse("'" + value.text + "' is not an IPv4 address", "write it as 10.1.2.3");
      if (!value.prefix_length.empty() || !value.mask.empty()) {
        return refuse("a net with a prefix length needs dots", "write it as 10.0.0.0/8");
      }
      address = *number;
      // `net 10` is 10.0.0.0/8: the last byte that is not 0 moves to the front.
      while (qualifier.kind == Kind::kNet && address != 0 && (address & 0xff000000) == 0) {
        address <<= 8;
        mask <<= 8;
      }
    } else {
      const auto dotted = parse_dotted(value.text);
      if (!dotted) return refuse("'" + value.text + "' is not an IPv4 address", "write it as 10.1.2.3");
      address = dotted->value;
      mask = 0xffffffff << (32 - dotted->bits);
      if (const auto error = explicit_mask(value, mask)) return std::unexpected(*error);
      if ((address & ~mask) != 0) {
        return refuse("the address has bits behind its mask",
                      "write " + net::Ipv4Address{address & mask}.to_string() + " with that mask");
      }
    }
    const bool any = qualifier.protocol == Protocol::kNone;
    return Ipv4Host{any || qualifier.protocol == Protocol::kIp,
                    any || qualifier.protocol == Protocol::kArp,
                    any || qualifier.protocol == Protocol::kRarp,
                    qualifier.direction,
                    address,
                    mask};
  }

  // Replaces `mask` by what stands behind '/' or `mask`, if anything does.
  std::optional<base::Error> explicit_mask(const Value& value, std::uint32_t& mask) const {
    if (!value.prefix_length.empty()) {
      const auto length = parse_number(value.prefix_length);
      if (!length || *length > 32) return refuse("an IPv4 prefix has at most 32 bits", "write /0 to /32").error();
      mask = *length == 0 ? 0 : 0xffffffff << (32 - *length);
    } else if (!value.mask.empty()) {
      const auto dotted = parse_dotted(value.mask);
      if (!dotted) return refuse("'" + value.mask + "' is not a mask", "write it as 255.255.0.0").error();
      mask = dotted->value;
    }
    return std::nullopt;
  }

  Result<Body> ipv6(const Qualifier& qualifier, const Value& value) const {
    const auto address = net::Ipv6Address::parse(value.text);
    if (!address) return refuse("'" + value.text + "' is not an IPv6 address", "write it as 2001:db8::1");
    if (!value.mask.empty()) {
      return refuse("an IPv6 net has a prefix length, no mask", "write it as 2001:db8::/32");
    }
    net::U128 mask = ~net::U128{0};
    if (!value.prefix_length.empty()) {
      const auto length = parse_number(value.prefix_length);
      if (!length || *length > 128) return refuse("an IPv6 prefix has at most 128 bits", "write /0 to /128");
      mask = *length == 0 ? 0 : mask << (128 - *length);
    }
    if ((address->value() & ~mask) != 0) {
      return refuse("the address has bits behind its mask",
                    "write " + net::Ipv6Address::from(address->value() & mask).to_string() + "/" + value.prefix_length);
    }
    return Ipv6Host{qualifier.direction, address->value(), mask};
  }

  const parse::Ast& ast_;
  unsigned depth_ = 0;
  Span span_;
};

}  // namespace

Result<Resolved> resolve(const parse::Ast& ast) {
  return Resolver(ast).run();
}

}  // namespace superspan::policy::resolve
