// SPDX-License-Identifier: Apache-2.0
// Where diagrams are built. Nodes are hash-consed: within one workspace, two diagrams that are reduced to the same form
// have the same reference. Leaves are numbers: 0 and 1 for yes-or-no diagrams, set numbers for regions.
//
// Work is bounded: when a workspace has done too much, exhausted() becomes true and all further results are the leaf 0,
// so the caller asks once at the end. Long before that it is tired(), and callers leave out what only makes results
// shorter.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/field.h"
#include "policy/optimize/diagram.h"

namespace superspan::policy::optimize {

// A leaf has kLeafBit set and carries its number below; everything else is a node.
using Reference = std::uint32_t;
using TestId = std::uint32_t;

inline constexpr Reference kLeafBit = 0x80000000;
inline constexpr Reference kNo = kLeafBit;
inline constexpr Reference kYes = kLeafBit | 1;

class Workspace {
 public:
  struct Node {
    TestId test;
    Reference yes;
    Reference no;
  };

  [[nodiscard]] static bool is_leaf(Reference reference) { return (reference & kLeafBit) != 0; }
  [[nodiscard]] const Node& node(Reference reference) const { return nodes_[reference]; }
  [[nodiscard]] const net::FieldTest& test(TestId id) const { return tests_[id]; }
  [[nodiscard]] bool exhausted() const { return work_ > kMaxWork; }
  [[nodiscard]] bool tired() const { return work_ > kMaxWork / 8; }

  // One test, yes or no. Single-bit tests are stored as `bit == 0`, so a test and its opposite share a node.
  [[nodiscard]] Reference literal(const net::FieldTest& test);
  [[nodiscard]] Reference both(Reference left, Reference right) { return apply(Operation::kAnd, left, right); }
  [[nodiscard]] Reference either(Reference left, Reference right) { return apply(Operation::kOr, left, right); }
  [[nodiscard]] Reference without(Reference left, Reference right) { return apply(Operation::kWithout, left, right); }
  [[nodiscard]] Reference negate(Reference child) { return apply(Operation::kWithout, kYes, child); }
  // Leaves joined by `join`, which must be the same function in every call on this workspace.
  using Join = std::function<std::uint32_t(std::uint32_t, std::uint32_t)>;
  [[nodiscard]] Reference merge(Reference left, Reference right, const Join& join);

  // What is left of a diagram for flow keys that pass `test`, which must not be ordered behind the diagram's root
  // unless both are on one field.
  [[nodiscard]] Reference given(Reference reference, const net::FieldTest& test);

  // A diagram, hopefully a smaller one, that is `reference` wherever `care` is yes, and anything elsewhere (restrict,
  // of Coudert and Madre 1990).
  [[nodiscard]] Reference simplify(Reference reference, Reference care);

  // Copies in and out. import() maps the leaf `yes` to `yes_leaf`.
  [[nodiscard]] Reference import(const Diagram& diagram, Reference yes_leaf = kYes);
  [[nodiscard]] Diagram freeze(Reference root) const;

 private:
  // In steps along a diagram, about 5 ns each; what needs a hash table costs kTableWork of them.
  static constexpr std::size_t kMaxWork = 120'000'000;
  static constexpr std::size_t kTableWork = 40;

  enum class Operation : std::uint32_t { kAnd, kOr, kWithout, kMerge };
  struct Key {
    std::uint32_t a, b, c;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct TestHash {
    std::size_t operator()(const net::FieldTest& test) const;
  };

  TestId intern(const net::FieldTest& test);
  Reference make(TestId test, Reference yes, Reference no);
  Reference apply(Operation operation, Reference left, Reference right);
  Reference simplify_node(Reference reference, Reference care);
  std::pair<Reference, Reference> halves(Reference reference, TestId test);
  TestId first_test(Reference left, Reference right) const;
  std::optional<Reference> shortcut(Operation operation, Reference left, Reference right) const;
  bool before(TestId left, TestId right) const;

  std::vector<net::FieldTest> tests_;
  std::vector<unsigned> mask_bits_;  // by test
  std::unordered_map<net::FieldTest, TestId, TestHash> test_ids_;
  std::vector<Node> nodes_;
  std::unordered_map<Key, Reference, KeyHash> unique_;
  std::unordered_map<Key, Reference, KeyHash> applied_;
  std::unordered_map<Key, Reference, KeyHash> given_;
  std::unordered_map<Key, Reference, KeyHash> simplified_;
  const Join* join_ = nullptr;  // during merge()
  std::size_t work_ = 0;
};

}  // namespace superspan::policy::optimize
