// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/terms.h"

#include <fmt/format.h>

namespace superspan::policy::parse {
namespace {

class Printer {
 public:
  explicit Printer(const std::vector<Term>& terms) : terms_(terms) {}

  std::string text(TermId id) const {
    return std::visit([&](const auto& body) { return text(body); }, terms_[id.at].body);
  }

 private:
  static std::string text(const Number& number) { return std::to_string(number.value); }
  static std::string text(const FrameLength& /*length*/) { return "len"; }
  std::string text(const Load& load) const {
    const std::string size = load.bytes == 1 ? "" : fmt::format(":{}", load.bytes);
    return fmt::format("{}[{}{}]", word(load.protocol), text(load.index), size);
  }
  std::string text(const Negative& negative) const { return "- " + atom(negative.operand); }
  std::string text(const Binary& binary) const {
    const std::string left = stands_alone(binary) ? text(binary.left) : atom(binary.left);
    return fmt::format("{} {} {}", left, word(binary.op), atom(binary.right));
  }

  // The left operand needs no parentheses: `a + b - c`, `a * b + c`.
  bool stands_alone(const Binary& binary) const {
    const auto* left = std::get_if<Binary>(&terms_[binary.left.at].body);
    if (left == nullptr) return !std::holds_alternative<Negative>(terms_[binary.left.at].body);
    const auto outer = precedence(binary.op);
    const auto inner = precedence(left->op);
    return outer && inner && *inner >= *outer;
  }

  std::string atom(TermId id) const {
    const auto& body = terms_[id.at].body;
    const bool composed = std::holds_alternative<Binary>(body) || std::holds_alternative<Negative>(body);
    return composed ? "(" + text(id) + ")" : text(id);
  }

  const std::vector<Term>& terms_;
};

}  // namespace

std::optional<int> precedence(Arithmetic op) {
  switch (op) {
    case Arithmetic::kOr:
      return kLowestPrecedence;
    case Arithmetic::kAnd:
      return 2;
    case Arithmetic::kLeft:
    case Arithmetic::kRight:
      return 3;
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract:
      return 4;
    case Arithmetic::kMultiply:
    case Arithmetic::kDivide:
      return 5;
    case Arithmetic::kModulo:
    case Arithmetic::kXor:
      break;
  }
  return std::nullopt;
}

std::string print(const std::vector<Term>& terms, TermId term) {
  return Printer(terms).text(term);
}

std::string print(const std::vector<Term>& terms, const Comparison& comparison) {
  return fmt::format("{} {} {}", print(terms, comparison.left), word(comparison.relation),
                     print(terms, comparison.right));
}

}  // namespace superspan::policy::parse
