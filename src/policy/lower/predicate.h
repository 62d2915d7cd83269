// SPDX-License-Identifier: Apache-2.0
// Boolean trees over tests of switch fields. Every guard is written out: a test of nw_src stands under one of dl_type.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/field.h"

namespace superspan::policy::lower {

using PredicateId = std::uint32_t;

// Nodes with shared children; a child stands before its parents. Constants fold.
class Predicates {
 public:
  enum class Kind : std::uint8_t { kFalse, kTrue, kTest, kNot, kAnd, kOr };
  struct Node {
    Kind kind;
    net::FieldTest test;                // of kTest
    std::vector<PredicateId> children;  // of kNot (one), kAnd, kOr (two or more)
  };

  static constexpr PredicateId kNever = 0;
  static constexpr PredicateId kAlways = 1;

  Predicates();
  [[nodiscard]] PredicateId test(const net::FieldTest& test);
  [[nodiscard]] PredicateId exactly(net::Field field, net::U128 value) {
    return test(net::FieldTest::exactly(field, value));
  }
  [[nodiscard]] PredicateId negate(PredicateId child);
  [[nodiscard]] PredicateId all(const std::vector<PredicateId>& children);
  [[nodiscard]] PredicateId any(const std::vector<PredicateId>& children);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t test_count() const { return test_count_; }

 private:
  PredicateId combine(Kind kind, const std::vector<PredicateId>& children);
  PredicateId add(Node node);
  std::vector<Node> nodes_;
  std::size_t test_count_ = 0;
};

// One node a line, indented. Common parts are printed as often as they are used.
[[nodiscard]] std::string print(const Predicates& predicates, PredicateId root);

}  // namespace superspan::policy::lower
