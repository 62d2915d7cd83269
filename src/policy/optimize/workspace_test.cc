// SPDX-License-Identifier: Apache-2.0
// Diagrams and decision lists against naive evaluation, on every key of a small world: 4 bits of one field, 2 of
// another, 2 of a third, with arbitrary masks.
#include "policy/optimize/workspace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "policy/optimize/build.h"
#include "policy/place/decision_list.h"
#include "policy/testing/random.h"

namespace superspan::policy::optimize {
namespace {

using lower::PredicateId;
using lower::Predicates;
using net::Field;
using net::FieldTest;
using testing::Random;
using Key = std::array<net::U128, net::kFieldCount>;

net::U128& at(Key& key, Field field) {
  return key[static_cast<std::size_t>(field)];
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  for (unsigned number = 0; number < 256; ++number) {
    Key key{};
    at(key, Field::kIpDscp) = number & 15;
    at(key, Field::kIpEcn) = (number >> 4) & 3;
    at(key, Field::kIpFragment) = number >> 6;
    keys.push_back(key);
  }
  return keys;
}

FieldTest random_test(Random& random) {
  const Field field = random.pick({Field::kIpDscp, Field::kIpDscp, Field::kIpEcn, Field::kIpFragment});
  const net::U128 mask = 1 + random.below(field == Field::kIpDscp ? 15 : 3);
  return {field, random.below(16) & mask, mask};
}

PredicateId random_predicate(Random& random, Predicates& predicates, unsigned depth) {
  if (depth == 0 || random.one_in(6)) return predicates.test(random_test(random));
  if (random.one_in(4)) return predicates.negate(random_predicate(random, predicates, depth - 1));
  std::vector<PredicateId> children;
  for (std::uint64_t count = 2 + random.below(3); count > 0; --count) {
    children.push_back(random_predicate(random, predicates, depth - 1));
  }
  return random.one_in(2) ? predicates.all(children) : predicates.any(children);
}

bool naive(const Predicates& predicates, PredicateId id, const Key& key) {
  const Predicates::Node& node = predicates.nodes()[id];
  const auto holds = [&](PredicateId child) { return naive(predicates, child, key); };
  switch (node.kind) {
    case Predicates::Kind::kFalse:
      return false;
    case Predicates::Kind::kTrue:
      return true;
    case Predicates::Kind::kTest:
      return node.test.matches(key[static_cast<std::size_t>(node.test.field)]);
    case Predicates::Kind::kNot:
      return !holds(node.children.front());
    case Predicates::Kind::kAnd:
      return std::ranges::all_of(node.children, holds);
    case Predicates::Kind::kOr:
      return std::ranges::any_of(node.children, holds);
  }
  return false;
}

bool matches(const net::Cube& cube, const Key& key) {
  return std::ranges::all_of(
      cube, [&](const FieldTest& test) { return test.matches(key[static_cast<std::size_t>(test.field)]); });
}

std::uint32_t decide(const std::vector<place::Entry>& entries, const Key& key) {
  for (const place::Entry& entry : entries) {
    if (matches(entry.match, key)) return entry.leaf;
  }
  return 0;
}

struct Pair {
  Predicates predicates;
  PredicateId first, second;
};
Pair random_pair(Random& random) {
  Pair pair;
  pair.first = random_predicate(random, pair.predicates, 3);
  pair.second = random_predicate(random, pair.predicates, 2);
  return pair;
}

constexpr int kRounds = 3'000;

TEST(Diagrams, AndDecisionListsAreThePredicate) {
  Random random(10);
  const std::vector<Key> keys = all_keys();
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const Pair pair = random_pair(random);
    Workspace workspace;
    const PredicateId roots[] = {pair.first, pair.second};
    const auto built = build(workspace, pair.predicates, roots);
    const place::Difference difference{built[0], built[1]};
    const Reference both = workspace.without(built[0], built[1]);
    const auto plain = place::decision_list(workspace, {built[0], place::Leaves::kYesOrNo, 10'000, {}});
    const auto split = place::decision_list(workspace, {both, place::Leaves::kYesOrNo, 10'000, difference});
    const Diagram frozen = workspace.freeze(built[0]);
    ASSERT_TRUE(plain && split);
    for (const Key& key : keys) {
      const bool first = naive(pair.predicates, pair.first, key);
      const bool second = naive(pair.predicates, pair.second, key);
      ASSERT_EQ(frozen.accepts(key), first);
      ASSERT_EQ(decide(*plain, key), first ? 1U : 0U);
      ASSERT_EQ(decide(*split, key), first && !second ? 1U : 0U);
    }
  }
}

TEST(Diagrams, CombineAsTheirPredicatesDo) {
  Random random(11);
  const std::vector<Key> keys = all_keys();
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const Pair pair = random_pair(random);
    Workspace workspace;
    const PredicateId roots[] = {pair.first, pair.second};
    const auto built = build(workspace, pair.predicates, roots);
    const FieldTest known = random_test(random);
    const Diagram both = workspace.freeze(workspace.both(built[0], built[1]));
    const Diagram either = workspace.freeze(workspace.either(built[0], built[1]));
    const Diagram without = workspace.freeze(workspace.without(built[0], built[1]));
    const Diagram negated = workspace.freeze(workspace.negate(built[0]));
    const Diagram simple = workspace.freeze(workspace.simplify(built[0], built[1]));
    const Diagram given = workspace.freeze(workspace.given(built[0], known));
    Workspace other;
    const Diagram copied = other.freeze(other.import(both));
    for (const Key& key : keys) {
      const bool first = naive(pair.predicates, pair.first, key);
      const bool second = naive(pair.predicates, pair.second, key);
      ASSERT_EQ(both.accepts(key), first && second);
      ASSERT_EQ(copied.accepts(key), first && second);
      ASSERT_EQ(either.accepts(key), first || second);
      ASSERT_EQ(without.accepts(key), first && !second);
      ASSERT_EQ(negated.accepts(key), !first);
      ASSERT_EQ(second && simple.accepts(key), second && first);
      const bool is_known = matches({known}, key);
      ASSERT_EQ(is_known && given.accepts(key), is_known && first);
    }
  }
}

TEST(Diagrams, KnowThatTestsOfOneFieldImplyEachOther) {
  Workspace workspace;
  const auto source = [&](std::uint32_t value, unsigned length) {
    return workspace.literal({Field::kIpv4Source, value, net::U128{0xffffffffU << (32 - length)}});
  };
  const Reference ten = source(0x0a000000, 8);
  const Reference ten_one = source(0x0a010000, 16);
  const Reference eleven = source(0x0b000000, 8);
  EXPECT_EQ(workspace.both(ten, ten_one), ten_one);
  EXPECT_EQ(workspace.either(ten, ten_one), ten);
  EXPECT_EQ(workspace.both(ten, eleven), kNo);
  EXPECT_EQ(workspace.without(ten_one, ten), kNo);
  EXPECT_EQ(workspace.without(eleven, ten_one), eleven);
}

TEST(Diagrams, AreTheSameReferenceForTheSameMeaning) {
  Workspace workspace;
  const Reference tagged = workspace.literal({Field::kVlanTci, 0x1000, 0x1000});
  const Reference untagged = workspace.literal({Field::kVlanTci, 0, 0x1000});
  EXPECT_EQ(workspace.negate(tagged), untagged);
  EXPECT_EQ(workspace.either(tagged, untagged), kYes);
  const Reference ip = workspace.literal(FieldTest::exactly(Field::kEthType, 0x800));
  EXPECT_EQ(workspace.either(workspace.both(ip, tagged), workspace.both(untagged, ip)), ip);
}

}  // namespace
}  // namespace superspan::policy::optimize
