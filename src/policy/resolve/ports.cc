// SPDX-License-Identifier: Apache-2.0
// port, portrange.
#include <algorithm>

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

constexpr std::uint32_t kMaxPort = 65535;
constexpr const char* kPortHint = "write a number from 0 to 65535 or a service name like 'https'";

// A number fits every protocol; a name only those it is known for.
struct PortSet {
  std::uint16_t first, last;
  bool tcp = true, udp = true, sctp = true;
};

PortSet one(std::uint32_t port) {
  return {static_cast<std::uint16_t>(port), static_cast<std::uint16_t>(port)};
}

std::optional<PortSet> named_port(std::string_view name) {
  const auto number = parse_decimal(name);
  if (number && *number <= kMaxPort) return one(*number);
  const auto known = service(name);
  if (!known) return std::nullopt;
  return PortSet{known->port, known->port, known->tcp, known->udp, known->tcp && known->udp};
}

Result<PortSet> port(const Context& context, const Value& value) {
  if (value.form == Form::kNumber && value.number <= kMaxPort) return one(value.number);
  const auto known = value.form == Form::kName ? named_port(value.text) : std::nullopt;
  if (known) return *known;
  const bool range = value.form == Form::kName && scan_range(value.text).has_value();
  return context.refuse("'" + value.text + "' is not a port",
                        range ? "write 'portrange " + value.text + "'" : kPortHint);
}

Result<PortSet> port_range(const Context& context, const Value& value) {
  const auto refuse = [&] {
    return context.refuse("'" + value.text + "' is not a range of ports", "write it as 6000-6008");
  };
  if (value.form == Form::kNumber) return port(context, value);
  if (value.form != Form::kName) return refuse();
  if (const auto numbers = scan_range(value.text)) {
    const auto [low, high] = std::minmax(numbers->first, numbers->second);
    if (low < 0 || high > static_cast<std::int64_t>(kMaxPort)) return refuse();
    return PortSet{static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(high)};
  }
  const std::string_view text = value.text;
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return refuse();
  const auto first = named_port(text.substr(0, dash));
  const auto last = named_port(text.substr(dash + 1));
  if (!first || !last) return refuse();
  const auto [low, high] = std::minmax(first->first, last->first);
  // Names of different protocols: libpcap then tests all of them.
  if (first->tcp != last->tcp || first->udp != last->udp) return PortSet{low, high};
  return PortSet{low, high, first->tcp, first->udp, first->sctp};
}

std::unexpected<base::Error> no_ports(const Context& context, const Qualifier& qualifier, const Value& value) {
  const std::string word = parse::word(qualifier.protocol);
  const std::string port = std::string(parse::word(qualifier.kind)) + " " + value.text;
  const bool ip = qualifier.protocol == Protocol::kIp || qualifier.protocol == Protocol::kIp6;
  return context.refuse(
      qualifier, "'" + word + "' has no ports",
      ip ? "write '" + word + " and " + port + "'" : "write '" + port + "', 'tcp " + port + "' or 'udp " + port + "'");
}

}  // namespace

Result<NodeId> ports(Context& context, const parse::Address& address) {
  const Qualifier& qualifier = address.qualifier;
  const Value& value = address.value;
  if (value.prefix_length || !value.mask.empty()) {
    return context.refuse("only a net has a prefix length or a mask", "write 'net' in front");
  }
  const auto named = qualifier.kind == Kind::kPort ? port(context, value) : port_range(context, value);
  if (!named) return std::unexpected(named.error());
  const Protocol protocol = qualifier.protocol;
  PortSet set = *named;
  switch (protocol) {
    case Protocol::kNone:
      break;
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kSctp:
      set.tcp = protocol == Protocol::kTcp && named->tcp;
      set.udp = protocol == Protocol::kUdp && named->udp;
      set.sctp = protocol == Protocol::kSctp && named->sctp;
      break;
    default:
      return no_ports(context, qualifier, value);
  }
  if (!set.tcp && !set.udp && !set.sctp) {
    const bool both = named->tcp && named->udp;
    return context.refuse("'" + value.text + "' is no port of this protocol", both ? "write 'tcp' or 'udp'"
                                                                              : named->tcp
                                                                                  ? "it is a TCP port: write 'tcp'"
                                                                                  : "it is a UDP port: write 'udp'");
  }
  return context.add(Ports{set.tcp, set.udp, set.sctp, qualifier.direction, set.first, set.last});
}

}  // namespace superspan::policy::resolve
