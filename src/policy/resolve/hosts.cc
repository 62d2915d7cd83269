// SPDX-License-Identifier: Apache-2.0
// host, net, gateway: addresses of all kinds, and the names of machines.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/resolve/context.h"
#include "policy/resolve/known.h"
#include "policy/resolve/values.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Form;
using parse::Kind;
using parse::Protocol;
using parse::Qualifier;
using parse::Value;

constexpr std::uint32_t kWholeAddress = 0xffffffff;

std::string directed(const Qualifier& qualifier) {
  const bool any = qualifier.direction == Direction::kSourceOrDestination;
  return any ? "" : std::string(parse::word(qualifier.direction)) + " ";
}

// `net 10` is 10.0.0.0/8: the first byte that is not 0 moves to the front.
void move_to_the_front(std::uint32_t& address, std::uint32_t& mask) {
  while (address != 0 && (address & 0xff000000) == 0) {
    address <<= 8;
    mask <<= 8;
  }
}

std::unexpected<base::Error> no_addresses(const Context& context, const Qualifier& qualifier, const Value& value) {
  const std::string shown = parse::word(qualifier.protocol);
  const bool number = value.form == Form::kNumber;
  return context.refuse(qualifier, "'" + shown + "' has no addresses of its own",
                        number ? "write '" + shown + " " + directed(qualifier) + "port " + value.text + "'"
                               : "write '" + shown + " and " + directed(qualifier) + "host " + value.text + "'");
}

Result<NodeId> ipv4(Context& context, const Qualifier& qualifier, const Value& value, std::uint32_t address,
                    std::uint32_t mask) {
  const bool any = qualifier.protocol == Protocol::kNone;
  // Behind a label stack only IP can be told.
  const bool arp = qualifier.protocol == Protocol::kArp || (any && context.layout.labels == 0);
  const bool rarp = qualifier.protocol == Protocol::kRarp || (any && context.layout.labels == 0);
  switch (qualifier.protocol) {
    case Protocol::kNone:
    case Protocol::kIp:
      break;
    case Protocol::kArp:
    case Protocol::kRarp:
      if (const auto status = context.allows_type(kEtherTypeArp); !status) return std::unexpected(status.error());
      break;
    case Protocol::kDecnet:
      if (const auto status = context.allows_type(kEtherTypeDecnet); !status) return std::unexpected(status.error());
      return context.add(DecnetHost{qualifier.direction, static_cast<std::uint16_t>(address)});
    case Protocol::kEther:
      return context.refuse("'" + value.text + "' is not a MAC address", "write six bytes in hex: 00:11:22:aa:bb:cc");
    case Protocol::kIp6:
      return context.refuse(qualifier, "'ip6' has no IPv4 addresses", "write 'ip host " + value.text + "'");
    default:
      return no_addresses(context, qualifier, value);
  }
  return context.add(
      Ipv4Host{any || qualifier.protocol == Protocol::kIp, arp, rarp, qualifier.direction, address, mask});
}

Result<NodeId> ipv6(Context& context, const Qualifier& qualifier, const Value& value, net::U128 address,
                    net::U128 mask) {
  switch (qualifier.protocol) {
    case Protocol::kNone:
    case Protocol::kIp6:
      return context.add(Ipv6Host{qualifier.direction, address, mask});
    case Protocol::kIp:
    case Protocol::kArp:
    case Protocol::kRarp:
      return context.refuse(qualifier, "'" + std::string(parse::word(qualifier.protocol)) + "' has no IPv6 addresses",
                            "write 'ip6 host " + value.text + "'");
    case Protocol::kEther:
      return context.refuse("'" + value.text + "' is not a MAC address", "write six bytes in hex: 00:11:22:aa:bb:cc");
    default:
      return no_addresses(context, qualifier, value);
  }
}

Result<NodeId> ether(Context& context, const Qualifier& qualifier, const Value& value) {
  if (qualifier.kind == Kind::kNet) {
    return context.refuse(qualifier, "Ethernet has no nets", "write 'ether host' with a MAC address");
  }
  if (const auto status = context.allows_ether(); !status) return std::unexpected(status.error());
  auto address = value.form == Form::kMac ? parse_mac(value.text) : std::nullopt;
  if (value.form == Form::kName && context.names != nullptr) address = context.names->ether(value.text);
  if (!address) {
    return context.refuse("'" + value.text + "' is not a MAC address", "write six bytes in hex: 00:11:22:aa:bb:cc");
  }
  return context.add(EtherHost{qualifier.direction, *address});
}

std::unexpected<base::Error> unknown_name(const Context& context, const std::string& name) {
  if (name.find_first_not_of("0123456789.") == std::string::npos) {
    return context.refuse("'" + name + "' is not an IPv4 address", "write it as 10.1.2.3");
  }
  if (context.names == nullptr) {
    return context.refuse("unknown name '" + name + "'", "names of machines are not looked up; write the address");
  }
  const std::vector<std::string> nearest = context.names->nearest(name);
  return context.refuse(
      "unknown name '" + name + "'",
      nearest.empty() ? "write the address" : fmt::format("did you mean '{}'?", fmt::join(nearest, "', '")));
}

// All addresses of a machine that the qualifier allows, in the order in which they are known.
Result<NodeId> named_host(Context& context, const Qualifier& qualifier, const Value& value) {
  const auto known = context.names != nullptr ? context.names->host(value.text) : std::vector<HostAddress>{};
  Group group;
  for (const HostAddress& address : known) {
    const auto* four = std::get_if<net::Ipv4Address>(&address);
    const auto* six = std::get_if<net::Ipv6Address>(&address);
    if ((four != nullptr && qualifier.protocol == Protocol::kIp6) ||
        (six != nullptr && qualifier.protocol == Protocol::kIp)) {
      continue;
    }
    const auto node = four != nullptr ? ipv4(context, qualifier, value, four->value, kWholeAddress)
                                      : ipv6(context, qualifier, value, six->value(), ~net::U128{0});
    if (!node) return node;
    group.steps.push_back({group.steps.empty() ? Operator::kAnd : Operator::kOr, *node});
  }
  if (group.steps.empty()) return unknown_name(context, value.text);
  if (group.steps.size() == 1) return group.steps.front().operand;
  return context.add(std::move(group));
}

Result<NodeId> named_net(Context& context, const Qualifier& qualifier, const Value& value) {
  const auto address = network(value.text);
  if (!address) {
    return context.refuse("unknown network '" + value.text + "'", "write the network: net 10.0.0.0/8");
  }
  return ipv4(context, qualifier, value, *address, kWholeAddress);
}

// The mask that stands behind '/' or `mask`.
Result<std::uint32_t> explicit_mask(const Context& context, const Value& value) {
  if (value.prefix_length) {
    if (*value.prefix_length > 32) return context.refuse("an IPv4 prefix has at most 32 bits", "write /0 to /32");
    return *value.prefix_length == 0 ? 0 : kWholeAddress << (32 - *value.prefix_length);
  }
  const auto mask = parse_dotted(value.mask);
  if (!mask) return context.refuse("'" + value.mask + "' is not a mask", "write it as 255.255.0.0");
  return mask->value;
}

Result<NodeId> dotted_host(Context& context, const Qualifier& qualifier, const Value& value) {
  const bool masked = value.prefix_length || !value.mask.empty();
  if (qualifier.protocol == Protocol::kDecnet && !masked) {
    const auto address = parse_decnet(value.text);
    if (!address) return context.refuse("'" + value.text + "' is not a DECnet address", "write it as 10.15");
    return ipv4(context, qualifier, value, *address, 0);
  }
  const auto dotted = parse_dotted(value.text);
  if (!dotted) return context.refuse("'" + value.text + "' is not an IPv4 address", "write it as 10.1.2.3");
  if (!masked) return ipv4(context, qualifier, value, dotted->value, kWholeAddress << (32 - dotted->bits));
  if (qualifier.kind != Kind::kNet) {
    return context.refuse("only a net has a prefix length or a mask", "write 'net' in front");
  }
  const auto mask = explicit_mask(context, value);
  if (!mask) return std::unexpected(mask.error());
  if ((dotted->value & ~*mask) != 0) {
    return context.refuse("the address has bits behind its mask",
                          "write " + net::Ipv4Address{dotted->value & *mask}.to_string() + " with that mask");
  }
  return ipv4(context, qualifier, value, dotted->value, *mask);
}

Result<NodeId> colon_host(Context& context, const Qualifier& qualifier, const Value& value) {
  const auto address = net::Ipv6Address::parse(value.text);
  if (!address) return context.refuse("'" + value.text + "' is not an IPv6 address", "write it as 2001:db8::1");
  const std::uint32_t length = value.prefix_length.value_or(128);
  if (length > 128) return context.refuse("an IPv6 prefix has at most 128 bits", "write /0 to /128");
  if (length != 128 && qualifier.kind != Kind::kNet) {
    return context.refuse("only a net has a prefix length or a mask", "write 'net' in front");
  }
  const net::U128 mask = length == 0 ? 0 : ~net::U128{0} << (128 - length);
  if ((address->value() & ~mask) != 0) {
    return context.refuse(
        "the address has bits behind its mask",
        fmt::format("write {}/{}", net::Ipv6Address::from(address->value() & mask).to_string(), length));
  }
  return ipv6(context, qualifier, value, address->value(), mask);
}

}  // namespace

Result<NodeId> host(Context& context, const parse::Address& address) {
  const Qualifier& qualifier = address.qualifier;
  const Value& value = address.value;
  if (qualifier.protocol == Protocol::kEther) return ether(context, qualifier, value);
  switch (value.form) {
    case Form::kMac:
      return context.refuse("a MAC address belongs to Ethernet", "write 'ether host " + value.text + "'");
    case Form::kDotted:
      return dotted_host(context, qualifier, value);
    case Form::kIpv6:
      return colon_host(context, qualifier, value);
    case Form::kName:
      if (qualifier.kind == Kind::kNet) return named_net(context, qualifier, value);
      if (qualifier.protocol != Protocol::kDecnet) return named_host(context, qualifier, value);
      return context.refuse("names of DECnet nodes are not known", "write the address as 10.15");
    case Form::kNumber:
      break;
  }
  std::uint32_t number = value.number;
  std::uint32_t mask = kWholeAddress;
  if (qualifier.kind == Kind::kNet && qualifier.protocol != Protocol::kDecnet) move_to_the_front(number, mask);
  return ipv4(context, qualifier, value, number, mask);
}

// To or from the gateway's MAC address, but not to or from its own IPv4 address.
Result<NodeId> gateway(Context& context, const parse::Address& address) {
  const Value& value = address.value;
  const Protocol protocol = address.qualifier.protocol;
  if (protocol != Protocol::kNone && protocol != Protocol::kIp && protocol != Protocol::kArp &&
      protocol != Protocol::kRarp) {
    return context.refuse(address.qualifier, "'gateway' is about IPv4 packets", "write 'gateway' alone");
  }
  const auto mac =
      value.form == Form::kName && context.names != nullptr ? context.names->ether(value.text) : std::nullopt;
  if (!mac) {
    return context.refuse(
        "'gateway' needs the name of a machine whose MAC and IP address are known; '" + value.text + "' is none",
        "write 'ether host MAC and not host ADDRESS' with the gateway's two addresses");
  }
  if (const auto status = context.allows_ether(); !status) return std::unexpected(status.error());
  const NodeId link = context.add(EtherHost{Direction::kSourceOrDestination, *mac});
  const auto own = named_host(context, {protocol, Direction::kSourceOrDestination, Kind::kHost, {}}, value);
  if (!own) return own;
  const NodeId foreign = context.add(Not{*own});
  return context.add(Group{{{Operator::kAnd, link}, {Operator::kAnd, foreign}}});
}

}  // namespace superspan::policy::resolve
