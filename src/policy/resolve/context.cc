// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/context.h"

#include <utility>

namespace superspan::policy::resolve {

NodeId Context::add(Body body) {
  if (out.layouts.empty()) out.layouts.push_back(layout);
  const auto current = static_cast<std::uint32_t>(out.layouts.size() - 1);
  out.nodes.push_back({std::move(body), current, span});
  return static_cast<NodeId>(out.nodes.size() - 1);
}

void Context::shift(const Layout& next) {
  layout = next;
  out.layouts.push_back(layout);
}

base::Status Context::take_registers(unsigned count) {
  registers += count;
  if (registers <= kRegisters) return {};
  return refuse("this needs more than the 16 registers of libpcap",
                "put the longer operand first, use fewer parentheses, or split the expression");
}

std::unexpected<base::Error> Context::refuse(std::string message, std::string hint) const {
  return parse::fault(ast.text, span, std::move(message), std::move(hint));
}

std::unexpected<base::Error> Context::refuse(const parse::Qualifier& qualifier, std::string message,
                                             std::string hint) const {
  return parse::fault(ast.text, qualifier.span, std::move(message), std::move(hint));
}

base::Status Context::allows_type(std::uint32_t type) const {
  if (layout.labels == 0 || type == kEtherTypeIp || type == kEtherTypeIp6) return {};
  return refuse("behind 'mpls' only IPv4 and IPv6 can be found: a label stack has no type field",
                "write this test to the left of 'mpls'");
}

base::Status Context::allows_ether() const {
  if (layout.link == Link::kEthernet) return {};
  return refuse("behind 'pppoes' there is no Ethernet header", "write this test to the left of 'pppoes'");
}

}  // namespace superspan::policy::resolve
