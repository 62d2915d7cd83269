// SPDX-License-Identifier: Apache-2.0
#include "policy/optimize/workspace.h"

#include <bit>

namespace superspan::policy::optimize {
namespace {

unsigned ones(net::U128 mask) {
  return static_cast<unsigned>(std::popcount(static_cast<std::uint64_t>(mask)) +
                               std::popcount(static_cast<std::uint64_t>(mask >> 64)));
}

// What a true `known` says of `asked`, a test of the same field.
std::optional<bool> implied(const net::FieldTest& known, const net::FieldTest& asked) {
  const net::U128 shared = known.mask & asked.mask;
  if ((known.value & shared) != (asked.value & shared)) return false;
  if (shared == asked.mask) return true;
  return std::nullopt;
}

std::size_t mix(std::size_t seed, std::uint64_t value) {
  return (seed ^ value) * 0x9e3779b97f4a7c15ULL + (seed >> 29);
}

}  // namespace

std::size_t Workspace::KeyHash::operator()(const Key& key) const {
  return mix(mix(mix(1, key.a), key.b), key.c);
}

std::size_t Workspace::TestHash::operator()(const net::FieldTest& test) const {
  std::size_t seed = mix(1, static_cast<std::uint64_t>(test.field));
  for (const net::U128 part : {test.value, test.mask}) {
    seed = mix(mix(seed, static_cast<std::uint64_t>(part)), static_cast<std::uint64_t>(part >> 64));
  }
  return seed;
}

TestId Workspace::intern(const net::FieldTest& test) {
  const auto [place, added] = test_ids_.try_emplace(test, static_cast<TestId>(tests_.size()));
  if (added) {
    tests_.push_back(test);
    mask_bits_.push_back(ones(test.mask));
  }
  return place->second;
}

// Specific first: a test stands before every test that it implies.
bool Workspace::before(TestId left, TestId right) const {
  const net::FieldTest& first = tests_[left];
  const net::FieldTest& second = tests_[right];
  if (first.field != second.field) return first.field < second.field;
  if (mask_bits_[left] != mask_bits_[right]) return mask_bits_[left] > mask_bits_[right];
  return first < second;
}

Reference Workspace::make(TestId test, Reference yes, Reference no) {
  if (yes == no) return yes;
  work_ += kTableWork;
  // The test changes nothing if `no` already does for its keys what `yes` does: 10.1/16 or 10/8 is 10/8.
  if (given(no, tests_[test]) == yes) return no;
  const auto [place, added] = unique_.try_emplace(Key{test, yes, no}, static_cast<Reference>(nodes_.size()));
  if (added) nodes_.push_back({test, yes, no});
  return place->second;
}

Reference Workspace::literal(const net::FieldTest& test) {
  if (ones(test.mask) == 1 && test.value != 0) {
    return make(intern({test.field, 0, test.mask}), kNo, kYes);
  }
  return make(intern(test), kYes, kNo);
}

Reference Workspace::given(Reference reference, const net::FieldTest& known) {
  // Down the `no` side as long as tests are decided; stop where another field begins.
  while (!is_leaf(reference)) {
    ++work_;
    const Node here = nodes_[reference];
    const net::FieldTest& asked = tests_[here.test];
    if (asked.field != known.field) return reference;
    const auto answer = implied(known, asked);
    if (!answer) break;
    reference = *answer ? here.yes : here.no;
  }
  if (is_leaf(reference)) return reference;
  if (exhausted()) return kNo;
  work_ += kTableWork;
  const Key key{reference, intern(known), 0};
  if (const auto found = given_.find(key); found != given_.end()) return found->second;
  const Node here = nodes_[reference];
  const Reference yes = given(here.yes, known);
  const Reference no = given(here.no, known);
  const Reference result = make(here.test, yes, no);
  given_.emplace(key, result);
  return result;
}

std::optional<Reference> Workspace::shortcut(Operation operation, Reference left, Reference right) const {
  switch (operation) {
    case Operation::kAnd:
      if (left == kNo || right == kNo) return kNo;
      if (left == kYes || left == right) return right;
      if (right == kYes) return left;
      break;
    case Operation::kOr:
      if (left == kYes || right == kYes) return kYes;
      if (left == kNo || left == right) return right;
      if (right == kNo) return left;
      break;
    case Operation::kWithout:
      if (left == kNo || right == kYes || left == right) return kNo;
      if (right == kNo) return left;
      if (is_leaf(left) && is_leaf(right)) return kYes;
      break;
    case Operation::kMerge:
      if (left == right || right == kNo) return left;
      if (left == kNo) return right;
      if (is_leaf(left) && is_leaf(right)) return kLeafBit | (*join_)(left & ~kLeafBit, right & ~kLeafBit);
      break;
  }
  return std::nullopt;
}

TestId Workspace::first_test(Reference left, Reference right) const {
  const bool left_first = is_leaf(right) || (!is_leaf(left) && !before(nodes_[right].test, nodes_[left].test));
  return nodes_[left_first ? left : right].test;
}

// What a diagram is where `test`, which stands before or at its root, holds and where it does not. A false test decides
// no test behind it, thanks to the order.
std::pair<Reference, Reference> Workspace::halves(Reference reference, TestId test) {
  if (!is_leaf(reference) && nodes_[reference].test == test) return {nodes_[reference].yes, nodes_[reference].no};
  return {given(reference, tests_[test]), reference};
}

Reference Workspace::apply(Operation operation, Reference left, Reference right) {
  if (exhausted()) return kNo;
  if (const auto result = shortcut(operation, left, right)) return *result;
  if (operation != Operation::kWithout && left > right) std::swap(left, right);
  const Key key{static_cast<std::uint32_t>(operation), left, right};
  work_ += kTableWork;
  if (const auto found = applied_.find(key); found != applied_.end()) return found->second;
  const TestId test = first_test(left, right);
  const auto [left_yes, left_no] = halves(left, test);
  const auto [right_yes, right_no] = halves(right, test);
  const Reference yes = apply(operation, left_yes, right_yes);
  const Reference no = apply(operation, left_no, right_no);
  const Reference result = make(test, yes, no);
  applied_.emplace(key, result);
  return result;
}

Reference Workspace::merge(Reference left, Reference right, const Join& join) {
  join_ = &join;
  const Reference result = apply(Operation::kMerge, left, right);
  join_ = nullptr;
  return result;
}

Reference Workspace::simplify(Reference reference, Reference care) {
  if (exhausted() || care == kNo) return kNo;
  if (care == kYes || is_leaf(reference)) return reference;
  const Key key{reference, care, 0};
  work_ += kTableWork;
  if (const auto found = simplified_.find(key); found != simplified_.end()) return found->second;
  const Reference result = simplify_node(reference, care);
  simplified_.emplace(key, result);
  return result;
}

Reference Workspace::simplify_node(Reference reference, Reference care) {
  const TestId test = first_test(reference, care);
  const auto [yes, no] = halves(reference, test);
  const auto [care_yes, care_no] = halves(care, test);
  if (care_yes == kNo) return simplify(no, care_no);
  // Other fields only exist where these tests hold, so they stay in front of them.
  const net::Field field = tests_[test].field;
  const bool is_guard = yes != no && (field == net::Field::kEthType || field == net::Field::kIpProto);
  if (care_no == kNo && !is_guard) return simplify(yes, care_yes);
  if (yes == no) return simplify(reference, either(care_yes, care_no));
  const Reference simple_yes = simplify(yes, care_yes);
  const Reference simple_no = simplify(no, care_no);
  return make(test, simple_yes, simple_no);
}

Reference Workspace::import(const Diagram& diagram, Reference yes_leaf) {
  std::vector<Reference> copied = {kNo, yes_leaf};
  for (const Diagram::Node& node : diagram.nodes()) {
    copied.push_back(make(intern(node.test), copied[node.yes], copied[node.no]));
  }
  return copied[diagram.root()];
}

Diagram Workspace::freeze(Reference root) const {
  // Nodes are made children first, so the order of their numbers is a valid order of the copy.
  std::vector<bool> reachable(nodes_.size());
  std::vector<Reference> pending = {root};
  while (!pending.empty()) {
    const Reference at = pending.back();
    pending.pop_back();
    if (is_leaf(at) || reachable[at]) continue;
    reachable[at] = true;
    pending.push_back(nodes_[at].yes);
    pending.push_back(nodes_[at].no);
  }
  std::unordered_map<Reference, Diagram::Reference> renamed = {{kNo, 0}, {kYes, 1}};
  std::vector<Diagram::Node> nodes;
  for (Reference at = 0; at < nodes_.size(); ++at) {
    if (!reachable[at]) continue;
    nodes.push_back({tests_[nodes_[at].test], renamed.at(nodes_[at].yes), renamed.at(nodes_[at].no)});
    renamed.emplace(at, static_cast<Diagram::Reference>(nodes.size() + 1));
  }
  return Diagram(std::move(nodes), renamed.at(root));
}

}  // namespace superspan::policy::optimize
