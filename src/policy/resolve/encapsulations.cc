// SPDX-License-Identifier: Apache-2.0
// vlan, mpls, pppoed, pppoes, geneve: a test, and for all but pppoed a shift of everything to the right of it.
#include <fmt/format.h>

#include "policy/resolve/context.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using parse::Wrapping;

base::Status at_most(const Context& context, const parse::Encapsulation& test, std::uint32_t most, const char* what) {
  if (!test.number || *test.number <= most) return {};
  return context.refuse(fmt::format("no {} is {}", what, *test.number),
                        fmt::format("write a number from 0 to {}", most));
}

base::Status allowed(const Context& context, const parse::Encapsulation& test) {
  switch (test.wrapping) {
    case Wrapping::kVlan:
      if (context.layout.any_tags) {
        return context.refuse("'anytag' has skipped all VLAN tags", "write 'vlan' outside of its parentheses");
      }
      if (context.layout.labels > 0) {
        return context.refuse("behind 'mpls' no VLAN tags can be found", "write 'vlan' to the left of 'mpls'");
      }
      if (const auto status = context.allows_ether(); !status) return status;
      return at_most(context, test, 0xfff, "VLAN id");
    case Wrapping::kMpls:
      return at_most(context, test, 0xfffff, "MPLS label");
    case Wrapping::kPppoeDiscovery:
      return context.allows_type(kEtherTypePppoeDiscovery);
    case Wrapping::kPppoeSession:
      if (const auto status = context.allows_type(kEtherTypePppoeSession); !status) return status;
      return at_most(context, test, 0xffff, "PPPoE session");
    case Wrapping::kGeneve:
      break;
  }
  return at_most(context, test, 0xffffff, "Geneve network");
}

template <typename Number>
std::optional<Number> narrow(std::optional<std::uint32_t> number) {
  return number ? std::optional(static_cast<Number>(*number)) : std::nullopt;
}

Body body(const parse::Encapsulation& test, unsigned slot) {
  switch (test.wrapping) {
    case Wrapping::kVlan:
      return Vlan{narrow<std::uint16_t>(test.number)};
    case Wrapping::kMpls:
      return Mpls{test.number};
    case Wrapping::kPppoeSession:
      return PppoeSession{narrow<std::uint16_t>(test.number)};
    case Wrapping::kGeneve:
      return Geneve{test.number, slot};
    case Wrapping::kPppoeDiscovery:
      break;
  }
  return LinkType{kEtherTypePppoeDiscovery};
}

}  // namespace

Result<NodeId> encapsulation(Context& context, const parse::Encapsulation& test) {
  if (const auto status = allowed(context, test); !status) return std::unexpected(status.error());
  const unsigned slot = context.out.slots;
  if (test.wrapping == Wrapping::kGeneve) {
    if (const auto status = context.take_registers(kSlotsOfGeneve); !status) return std::unexpected(status.error());
    context.out.slots += kSlotsOfGeneve;
  }
  const NodeId node = context.add(body(test, slot));
  context.shift(behind(test.wrapping, context.layout, slot));
  return node;
}

}  // namespace superspan::policy::resolve
