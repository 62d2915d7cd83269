// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/evaluate/run.h"

namespace superspan::policy::evaluate {

using parse::Arithmetic;
using parse::Protocol;
using parse::Relation;

bool Run::test(const resolve::Comparison& comparison) {
  if (!std::ranges::all_of(comparison.guards, [&](resolve::NodeId guard) { return node(guard); })) return false;
  const std::uint32_t left = value(comparison.terms.left);
  const std::uint32_t right = value(comparison.terms.right);
  switch (comparison.terms.relation) {
    case Relation::kEqual:
      return machine_.set(left - right) == 0;
    case Relation::kNotEqual:
      return machine_.set(left - right) != 0;
    case Relation::kGreater:
      return machine_.set(left) > right;
    case Relation::kGreaterOrEqual:
      return machine_.set(left) >= right;
    case Relation::kLess:
      return machine_.set(left) < right;
    case Relation::kLessOrEqual:
      break;
  }
  return machine_.set(left) <= right;
}

std::uint32_t Run::value(parse::TermId id) {
  return std::visit([&](const auto& body) { return value(body); }, resolved_.terms[id.at].body);
}

std::uint32_t Run::value(const parse::Load& load) {
  const std::uint32_t index = value(load.index);
  const resolve::Offset& payload = layout().payload;
  const std::uint32_t network = payload.constant + layout().network;
  switch (load.protocol) {
    case Protocol::kEther:
      return machine_.load(layout().header.constant, machine_.variable(layout().header) + index, load.bytes);
    case Protocol::kSctp:
    case Protocol::kTcp:
    case Protocol::kUdp:
    case Protocol::kIcmp:
    case Protocol::kIgmp:
    case Protocol::kIgrp:
    case Protocol::kPim:
    case Protocol::kVrrp:
    case Protocol::kCarp: {
      const std::uint32_t header = 4 * (net(0, 1) & 0xf);
      return machine_.load(network, header + machine_.variable(payload) + index, load.bytes);
    }
    case Protocol::kIcmp6:
      return machine_.load(network + 40, machine_.variable(payload) + index, load.bytes);
    default:
      return machine_.load(network, machine_.variable(payload) + index, load.bytes);
  }
}

std::uint32_t Run::value(const parse::Binary& binary) {
  const std::uint32_t left = value(binary.left);
  const std::uint32_t right = value(binary.right);
  const bool divides = binary.op == Arithmetic::kDivide || binary.op == Arithmetic::kModulo;
  if (divides && right == 0) {
    machine_.cut();
    return 0;
  }
  switch (binary.op) {
    case Arithmetic::kAdd:
      return left + right;
    case Arithmetic::kSubtract:
      return left - right;
    case Arithmetic::kMultiply:
      return left * right;
    case Arithmetic::kDivide:
      return left / right;
    case Arithmetic::kModulo:
      return left % right;
    case Arithmetic::kAnd:
      return left & right;
    case Arithmetic::kOr:
      return left | right;
    case Arithmetic::kXor:
      return left ^ right;
    case Arithmetic::kLeft:
      return right < 32 ? left << right : 0;
    case Arithmetic::kRight:
      break;
  }
  return right < 32 ? left >> right : 0;
}

}  // namespace superspan::policy::evaluate
