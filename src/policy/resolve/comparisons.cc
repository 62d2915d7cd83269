// SPDX-License-Identifier: Apache-2.0
// `ip[0] & 0xf != 5`: which headers must be there before anything is compared, and what libpcap's code generator
// cannot do.
#include <fmt/format.h>

#include "policy/resolve/context.h"

namespace superspan::policy::resolve {
namespace {

using base::Result;
using base::Status;
using parse::Arithmetic;
using parse::Protocol;
using parse::TermId;
using Guards = std::vector<Body>;

constexpr std::uint32_t kMostShift = 31;

void append(Guards& guards, Guards more) {
  guards.insert(guards.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Walks over one side of a comparison. Each term that was walked over holds one register.
class Walk {
 public:
  explicit Walk(Context& context) : context_(context) {}

  Result<Guards> term(TermId id) {
    return std::visit([&](const auto& body) { return visit(body); }, context_.ast.term(id).body);
  }

 private:
  Result<Guards> visit(const parse::Number& /*number*/) { return taken(); }
  Result<Guards> visit(const parse::FrameLength& /*length*/) { return taken(); }
  Result<Guards> visit(const parse::Negative& negative) { return term(negative.operand); }

  Result<Guards> taken() {
    if (const auto status = context_.take_registers(1); !status) return std::unexpected(status.error());
    return Guards{};
  }

  // Only the headers of the left operand are asked for. That is libpcap's doing: `ip[0] + tcp[0] = 5` computes with
  // whatever stands where a TCP header would be.
  Result<Guards> visit(const parse::Binary& binary) {
    auto left = term(binary.left);
    if (!left) return left;
    const auto right = term(binary.right);
    if (!right) return right;
    if (const auto status = computable(binary); !status) return std::unexpected(status.error());
    --context_.registers;
    return left;
  }

  // libpcap looks at the number that comes first in the right operand, even if it is only the index of a load.
  Status computable(const parse::Binary& binary) const {
    const auto first = first_number(binary.right);
    if (!first) return {};
    const bool divides = binary.op == Arithmetic::kDivide || binary.op == Arithmetic::kModulo;
    if (divides && *first == 0) {
      return context_.refuse("this divides by zero, or by a term that begins with 0, which libpcap refuses as well",
                             "divide by a number above 0, or begin the term with another number");
    }
    const bool shifts = binary.op == Arithmetic::kLeft || binary.op == Arithmetic::kRight;
    if (shifts && *first > kMostShift) {
      return context_.refuse("a shift by more than 31 bits leaves nothing", "shift by 0 to 31 bits");
    }
    return {};
  }

  std::optional<std::uint32_t> first_number(TermId id) const {
    while (true) {
      const auto& body = context_.ast.term(id).body;
      if (const auto* number = std::get_if<parse::Number>(&body)) return number->value;
      if (const auto* load = std::get_if<parse::Load>(&body)) {
        id = load->index;
      } else if (const auto* negative = std::get_if<parse::Negative>(&body)) {
        id = negative->operand;
      } else if (const auto* binary = std::get_if<parse::Binary>(&body)) {
        id = binary->left;
      } else {
        return std::nullopt;
      }
    }
  }

  Result<Guards> visit(const parse::Load& load) {
    auto index = term(load.index);
    if (!index) return index;
    if (const auto status = context_.take_registers(1); !status) return std::unexpected(status.error());
    --context_.registers;
    if (load.bytes != 1 && load.bytes != 2 && load.bytes != 4) {
      return context_.refuse(fmt::format("{} bytes cannot be read at once", load.bytes), "read 1, 2 or 4 bytes");
    }
    return guarded(load.protocol, std::move(*index));
  }

  Result<Guards> guarded(Protocol protocol, Guards index) {
    switch (protocol) {
      case Protocol::kEther:
        return index;
      case Protocol::kIp:
      case Protocol::kArp:
      case Protocol::kRarp:
      case Protocol::kAtalk:
      case Protocol::kDecnet:
      case Protocol::kSca:
      case Protocol::kLat:
      case Protocol::kMoprc:
      case Protocol::kMopdl:
      case Protocol::kIp6:
        return network(protocol, std::move(index));
      case Protocol::kSctp:
      case Protocol::kTcp:
      case Protocol::kUdp:
      case Protocol::kIcmp:
      case Protocol::kIgmp:
      case Protocol::kIgrp:
      case Protocol::kPim:
      case Protocol::kVrrp:
      case Protocol::kCarp:
        return transport(protocol, std::move(index));
      case Protocol::kIcmp6:
        index.emplace_back(LinkType{kEtherTypeIp6});
        index.emplace_back(NextHeader{kProtocolIcmp6});
        return index;
      default:
        return context_.refuse("the bytes of '" + std::string(parse::word(protocol)) + "' cannot be read",
                               "read them as bytes of 'ether', 'ip', 'ip6', 'tcp', 'udp' or another header");
    }
  }

  Result<Guards> network(Protocol protocol, Guards guards) {
    auto header = abbreviation(context_, protocol);
    if (!header) return std::unexpected(header.error());
    guards.push_back(std::move(*header));
    return guards;
  }

  Result<Guards> transport(Protocol protocol, Guards index) {
    auto header = abbreviation(context_, protocol);
    if (!header) return std::unexpected(header.error());
    Guards guards{LinkType{kEtherTypeIp}};
    append(guards, std::move(index));
    guards.push_back(std::move(*header));
    guards.emplace_back(FirstFragment{});
    return guards;
  }

  Context& context_;
};

}  // namespace

Result<NodeId> comparison(Context& context, const parse::Comparison& comparison) {
  Walk walk(context);
  auto guards = walk.term(comparison.left);
  if (!guards) return std::unexpected(guards.error());
  auto right = walk.term(comparison.right);
  if (!right) return std::unexpected(right.error());
  context.registers -= 2;
  append(*guards, std::move(*right));
  Comparison resolved{{}, comparison};
  for (Body& guard : *guards) resolved.guards.push_back(context.add(std::move(guard)));
  return context.add(std::move(resolved));
}

}  // namespace superspan::policy::resolve
