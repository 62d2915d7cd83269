// SPDX-License-Identifier: Apache-2.0
// vm, hypervisor, device, profile, tenant, app, label: names of the inventory, which become addresses and ports.
#include <fmt/format.h>

#include "base/nearest.h"
#include "policy/resolve/context.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using inventory::Ipv4Network;
using inventory::Ipv6Network;
using parse::Kind;
using parse::Protocol;
using parse::Qualifier;

constexpr std::size_t kAddressesMax = 4'096;

std::optional<inventory::Kind> inventory_kind(Kind kind) {
  switch (kind) {
    case Kind::kVm:
      return inventory::Kind::kVm;
    case Kind::kHypervisor:
      return inventory::Kind::kHypervisor;
    case Kind::kDevice:
      return inventory::Kind::kDevice;
    case Kind::kProfile:
      return inventory::Kind::kProfile;
    case Kind::kTenant:
      return inventory::Kind::kTenant;
    case Kind::kApp:
      return inventory::Kind::kApp;
    default:
      return std::nullopt;  // a label
  }
}

std::unexpected<base::Error> unknown(const Context& context, Kind kind, const std::string& name) {
  const std::string word = parse::word(kind);
  const std::vector<std::string> known =
      context.names != nullptr ? context.names->known(word) : std::vector<std::string>{};
  const std::string near = base::did_you_mean(name, known);
  if (!near.empty()) return context.refuse(fmt::format("unknown {} '{}'", word, name), near);
  return context.refuse(
      fmt::format("unknown {} '{}'", word, name),
      known.empty() ? fmt::format("no {} is known here; give an inventory with --inventory FILE", word)
                    : fmt::format("the inventory has {} of them, '{}' for example", known.size(), known.front()));
}

Result<inventory::Group> look_up(const Context& context, Kind kind, const std::string& name) {
  std::optional<inventory::Group> found;
  if (context.names != nullptr) {
    const std::size_t equals = name.find('=');
    const auto group = inventory_kind(kind);
    found = group ? context.names->group(*group, name)
                  : context.names->labelled(name.substr(0, equals), name.substr(equals + 1));
  }
  if (!found) return unknown(context, kind, name);
  if (found->addresses.size() > kAddressesMax) {
    return parse::fault(
        context.ast.text, context.span,
        fmt::format("'{}' stands for {} addresses, at most {} are taken", name, found->addresses.size(), kAddressesMax),
        "give the inventory prefixes instead", base::ErrorCode::kLimit);
  }
  return std::move(*found);
}

// One direction of one name: source or destination, or either for addresses alone.
class Side {
 public:
  Side(Context& context, const Qualifier& qualifier, Direction direction)
      : context_(context), qualifier_(qualifier), direction_(direction) {}

  // Nothing: no address is of the wanted kind.
  std::optional<NodeId> addresses(const inventory::Group& group) {
    Group any;
    for (const inventory::Address& address : group.addresses) {
      if (const auto body = std::visit([this](const auto& one) { return host(one); }, address)) append(any, *body);
    }
    return close(std::move(any));
  }

  std::optional<NodeId> services(const inventory::Group& group) {
    Group any;
    for (const inventory::Service& service : group.services) append(any, body(service));
    return close(std::move(any));
  }

 private:
  void append(Group& any, Body body) {
    any.steps.push_back({any.steps.empty() ? Operator::kAnd : Operator::kOr, context_.add(std::move(body))});
  }
  std::optional<NodeId> close(Group any) {
    if (any.steps.empty()) return std::nullopt;
    if (any.steps.size() == 1) return any.steps.front().operand;
    return context_.add(std::move(any));
  }

  bool asks(Protocol protocol) const {
    return qualifier_.protocol == Protocol::kNone || qualifier_.protocol == protocol;
  }

  std::optional<Body> host(const net::MacAddress& address) const {
    if (!asks(Protocol::kEther) || context_.layout.link != Link::kEthernet) return std::nullopt;
    return EtherHost{direction_, address};
  }
  std::optional<Body> host(const Ipv4Network& network) const {
    const bool labels = context_.layout.labels > 0;  // behind a label stack only IP can be told
    const bool arp = asks(Protocol::kArp) && !labels;
    const bool rarp = asks(Protocol::kRarp) && !labels;
    if (!asks(Protocol::kIp) && !arp && !rarp) return std::nullopt;
    const std::uint32_t mask = network.bits == 0 ? 0 : ~std::uint32_t{0} << (32 - network.bits);
    return Ipv4Host{asks(Protocol::kIp), arp, rarp, direction_, network.address.value, mask};
  }
  std::optional<Body> host(const Ipv6Network& network) const {
    if (!asks(Protocol::kIp6)) return std::nullopt;
    const net::U128 mask = network.bits == 0 ? 0 : ~net::U128{0} << (128 - network.bits);
    return Ipv6Host{direction_, network.address.value(), mask};
  }

  Body body(const inventory::Service& service) const {
    if (!service.ports) {
      const bool four = service.protocol != kProtocolIcmp6;
      return IpProtocol{four, service.protocol != kProtocolIcmp, service.protocol};
    }
    return Ports{service.protocol == kProtocolTcp,
                 service.protocol == kProtocolUdp,
                 service.protocol == kProtocolSctp,
                 direction_,
                 service.ports->first,
                 service.ports->second};
  }

  Context& context_;
  const Qualifier& qualifier_;
  Direction direction_;
};

// Both: addresses and services of one side.
std::optional<NodeId> side(Context& context, const Qualifier& qualifier, Direction direction,
                           const inventory::Group& group) {
  Side side(context, qualifier, direction);
  const auto addresses = side.addresses(group);
  if (!addresses && !group.addresses.empty()) return std::nullopt;
  const auto services = side.services(group);
  if (!addresses || !services) return addresses ? addresses : services;
  return context.add(Group{{{Operator::kAnd, *addresses}, {Operator::kAnd, *services}}});
}

bool has_addresses(Protocol protocol) {
  return protocol == Protocol::kNone || protocol == Protocol::kEther || protocol == Protocol::kIp ||
         protocol == Protocol::kIp6 || protocol == Protocol::kArp || protocol == Protocol::kRarp;
}

}  // namespace

Result<NodeId> named_group(Context& context, const parse::Address& address) {
  const Qualifier& qualifier = address.qualifier;
  const std::string word = parse::word(qualifier.kind);
  const std::string& name = address.value.text;
  if (!has_addresses(qualifier.protocol)) {
    const std::string protocol = parse::word(qualifier.protocol);
    return context.refuse(qualifier, "'" + protocol + "' has no addresses of its own",
                          "write '" + protocol + " and " + word + " " + name + "'");
  }
  const auto group = look_up(context, qualifier.kind, name);
  if (!group) return std::unexpected(group.error());
  const auto nothing = [&] {
    return context.refuse(fmt::format("{} '{}' has no address that can be looked for here", word, name),
                          "leave out what stands in front of it, or add its addresses to the inventory");
  };
  const bool either = qualifier.direction == Direction::kSourceOrDestination;
  if (either && group->services.empty()) {
    const auto one = side(context, qualifier, qualifier.direction, *group);
    return one ? Result<NodeId>(*one) : nothing();
  }
  std::vector<NodeId> sides;
  for (const Direction direction : {Direction::kSource, Direction::kDestination}) {
    if (!either && qualifier.direction != Direction::kSourceAndDestination && qualifier.direction != direction)
      continue;
    const auto one = side(context, qualifier, direction, *group);
    if (!one) return nothing();
    sides.push_back(*one);
  }
  if (sides.size() == 1) return sides.front();
  return context.add(Group{{{Operator::kAnd, sides[0]}, {either ? Operator::kOr : Operator::kAnd, sides[1]}}});
}

}  // namespace superspan::policy::resolve
