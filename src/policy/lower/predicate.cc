// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/predicate.h"

#include <utility>

namespace superspan::policy::lower {
namespace {

// Shared parts can make the text exponentially longer than the graph.
constexpr std::size_t kMaxPrintedBytes = 1U << 20;

class Printer {
 public:
  explicit Printer(const Predicates& predicates) : predicates_(predicates) {}

  std::string run(PredicateId root) {
    visit(root, 0);
    return std::move(out_);
  }

 private:
  void visit(PredicateId id, std::size_t depth) {
    if (out_.size() > kMaxPrintedBytes) return;
    const Predicates::Node& node = predicates_.nodes()[id];
    out_.append(2 * depth, ' ');
    switch (node.kind) {
      case Predicates::Kind::kFalse:
        out_ += "never\n";
        break;
      case Predicates::Kind::kTrue:
        out_ += "always\n";
        break;
      case Predicates::Kind::kTest:
        out_ += net::to_string(node.test) + "\n";
        break;
      case Predicates::Kind::kNot:
        out_ += "not\n";
        break;
      case Predicates::Kind::kAnd:
        out_ += "all of\n";
        break;
      case Predicates::Kind::kOr:
        out_ += "any of\n";
        break;
    }
    for (const PredicateId child : node.children) visit(child, depth + 1);
  }

  const Predicates& predicates_;
  std::string out_;
};

}  // namespace

Predicates::Predicates() {
  nodes_.push_back({Kind::kFalse, {}, {}});
  nodes_.push_back({Kind::kTrue, {}, {}});
}

PredicateId Predicates::add(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<PredicateId>(nodes_.size() - 1);
}

PredicateId Predicates::test(const net::FieldTest& test) {
  if (test.mask == 0) return kAlways;
  ++test_count_;
  return add({Kind::kTest, test, {}});
}

PredicateId Predicates::negate(PredicateId child) {
  if (child == kNever) return kAlways;
  if (child == kAlways) return kNever;
  if (nodes_[child].kind == Kind::kNot) return nodes_[child].children.front();
  return add({Kind::kNot, {}, {child}});
}

PredicateId Predicates::all(const std::vector<PredicateId>& children) {
  return combine(Kind::kAnd, children);
}
PredicateId Predicates::any(const std::vector<PredicateId>& children) {
  return combine(Kind::kOr, children);
}

PredicateId Predicates::combine(Kind kind, const std::vector<PredicateId>& children) {
  const PredicateId neutral = kind == Kind::kAnd ? kAlways : kNever;
  const PredicateId decisive = kind == Kind::kAnd ? kNever : kAlways;
  std::vector<PredicateId> flat;
  for (const PredicateId child : children) {
    if (child == decisive) return decisive;
    if (child != neutral) flat.push_back(child);
  }
  if (flat.empty()) return neutral;
  if (flat.size() == 1) return flat.front();
  return add({kind, {}, std::move(flat)});
}

std::string print(const Predicates& predicates, PredicateId root) {
  return Printer(predicates).run(root);
}

}  // namespace superspan::policy::lower
