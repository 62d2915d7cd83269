// SPDX-License-Identifier: Apache-2.0
#include "policy/place/decision_list.h"

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace superspan::policy::place {
namespace {

using net::FieldTest;
using optimize::kLeafBit;
using optimize::kNo;
using optimize::kYes;
using optimize::Reference;
using optimize::Workspace;

// How a pair (wanted, fallback) is written: entries such that a packet that matches none of them, and then gets
// `fallback`, ends up with `wanted`.
enum class Way : std::uint8_t {
  kNothing,     // they are the same
  kLeaf,        // one entry that matches everything
  kYesFirst,    // [t: yes, or what `no` does] [no, or fallback]
  kNoFirst,     // a single-bit t, the other way round with the opposite test
  kYesOnly,     // `no` is what the fallback does where t fails: [t: yes, or fallback]
  kDifference,  // refuse what only the fallback has, accept what only `wanted` has
};

struct Plan {
  std::size_t entries = 0;
  Way way = Way::kNothing;
  bool only_yes = true;  // every entry has leaf 1
};

bool has_one_bit(net::U128 mask) {
  return (mask & (mask - 1)) == 0;
}

// `bit == 0` to `bit == 1` and back.
FieldTest opposite(const FieldTest& test) {
  return {test.field, test.value ^ test.mask, test.mask};
}

bool is_behind_ip(net::Field field) {
  return field == net::Field::kL4Source || field == net::Field::kL4Destination || field == net::Field::kTcpFlags;
}

// Later fragments show all ports and flags as 0, and a switch takes no match on these there. Nothing if no packet is
// left.
std::optional<net::Cube> as_switches_take_it(const net::Cube& match) {
  constexpr net::U128 kLaterFragment = 2;
  bool later = false;
  net::Cube taken;
  for (const FieldTest& test : match) {
    later = later || (test.field == net::Field::kIpFragment && (test.value & kLaterFragment) != 0);
    if (!later || !is_behind_ip(test.field)) {
      taken.push_back(test);
    } else if (test.value != 0) {
      return std::nullopt;
    }
  }
  return taken;
}

class Planner {
 public:
  Planner(Workspace& workspace, Leaves leaves) : workspace_(workspace), leaves_(leaves) {}

  base::Result<std::vector<Entry>> run(const Request& request) {
    const Outline outline = best_outline(request);
    if (exhausted()) return too_tangled();
    if (outline.entries > request.limit) {
      return base::fail(base::ErrorCode::kLimit,
                        std::to_string(outline.entries) + " rules are needed, at most " +
                            std::to_string(request.limit) + " are allowed",
                        "write nets instead of hosts and wider port ranges, or split the policy", "expression");
    }
    write(outline.refuse, kNo, {}, /*inverted=*/true);
    write(outline.wanted, outline.fallback, {});
    if (outline.fallback == kYes) entries_.push_back({{}, 1});
    if (exhausted()) return too_tangled();
    while (!entries_.empty() && entries_.back().leaf == 0) entries_.pop_back();
    return std::move(entries_);
  }

 private:
  static constexpr std::size_t kMaxPlans = 400'000;

  static std::unexpected<base::Error> too_tangled() {
    return base::fail(base::ErrorCode::kLimit, "the expression is too tangled to be written as rules",
                      "split it into several policies", "expression");
  }

  // The whole list: refuse, then write `wanted` over `fallback`, then accept the rest if the fallback is yes.
  struct Outline {
    std::size_t entries = 0;
    Reference wanted = kNo;
    Reference fallback = kNo;
    Reference refuse = kNo;
  };

  Outline best_outline(const Request& request) {
    const Plan direct = plan(request.root, kNo);
    Outline best{direct.entries, request.root, kNo, kNo};
    if (leaves_ != Leaves::kYesOrNo || direct.only_yes) return best;
    // `not X` is shortest as: refuse X, accept the rest.
    const std::size_t from_yes = plan(request.root, kYes).entries + 1;
    if (from_yes < best.entries) best = {from_yes, request.root, kYes, kNo};
    if (request.difference) {
      const Reference keep = request.difference->keep;
      const Reference refuse = workspace_.simplify(request.difference->refuse, keep);
      const Plan refused = plan(refuse, kNo);
      const std::size_t entries = refused.entries + plan(keep, kNo).entries;
      if (refused.only_yes && entries < best.entries) best = {entries, keep, kNo, refuse};
    }
    return best;
  }

  bool exhausted() const { return workspace_.exhausted() || plans_[0].size() + plans_[1].size() > kMaxPlans; }

  // kRest: what is behind a test of the same field, over the same fallback. The difference was looked at where that run
  // of tests began; looking again at each of n tests would cost n squared.
  enum class Scope : std::uint8_t { kWhole, kRest };

  Plan plan(Reference wanted, Reference fallback, Scope scope = Scope::kWhole) {
    if (wanted == fallback) return {};
    if (Workspace::is_leaf(wanted)) return {1, Way::kLeaf, wanted == kYes};
    if (exhausted()) return {};
    auto& plans = plans_[static_cast<std::size_t>(scope)];
    const std::uint64_t key = std::uint64_t{wanted} << 32 | fallback;
    if (const auto found = plans.find(key); found != plans.end()) return found->second;
    const Plan best = best_plan(wanted, fallback, scope);
    plans.emplace(key, best);
    return best;
  }

  Plan best_plan(Reference wanted, Reference fallback, Scope scope) {
    const auto difference = plan_difference(wanted, fallback, scope);
    if (difference && difference->entries <= 1) return *difference;
    const Workspace::Node node = workspace_.node(wanted);
    const FieldTest test = workspace_.test(node.test);
    Plan best = join(Way::kYesFirst, plan(node.yes, workspace_.given(node.no, test)),
                     plan(node.no, fallback, scope_of_rest(node)));
    const auto consider = [&best](const Plan& other) {
      if (other.entries < best.entries) best = other;
    };
    if (has_one_bit(test.mask)) {
      const Reference otherwise = workspace_.given(node.yes, opposite(test));
      consider(join(Way::kNoFirst, plan(node.no, otherwise), plan(node.yes, fallback)));
    }
    if (shares_no_side(node, fallback)) {
      consider(join(Way::kYesOnly, plan(node.yes, workspace_.node(fallback).yes), {}));
    }
    if (difference) consider(*difference);
    return best;
  }

  std::optional<Plan> plan_difference(Reference wanted, Reference fallback, Scope scope) {
    if (leaves_ != Leaves::kYesOrNo || scope == Scope::kRest || fallback == kNo || workspace_.tired()) {
      return std::nullopt;
    }
    const Plan refused = plan(refused_part(wanted, fallback), kNo);
    const Plan accepted = plan(accepted_part(wanted, fallback), kNo);
    if (!refused.only_yes || !accepted.only_yes) return std::nullopt;
    return Plan{refused.entries + accepted.entries, Way::kDifference, refused.entries == 0};
  }

  Scope scope_of_rest(const Workspace::Node& node) const {
    if (Workspace::is_leaf(node.no)) return Scope::kWhole;
    const bool same_field = workspace_.test(workspace_.node(node.no).test).field == workspace_.test(node.test).field;
    return same_field ? Scope::kRest : Scope::kWhole;
  }

  // Must cover what only the fallback has, must not touch what is wanted; the rest is free.
  Reference refused_part(Reference wanted, Reference fallback) {
    return workspace_.simplify(workspace_.without(fallback, wanted), workspace_.either(wanted, fallback));
  }
  // Must cover what only `wanted` has, must not touch what neither has; where the fallback is yes it is free, because
  // what must be refused there is refused already.
  Reference accepted_part(Reference wanted, Reference fallback) {
    return workspace_.simplify(wanted, workspace_.negate(fallback));
  }

  bool shares_no_side(const Workspace::Node& node, Reference fallback) const {
    if (Workspace::is_leaf(fallback)) return false;
    const Workspace::Node& other = workspace_.node(fallback);
    return other.test == node.test && other.no == node.no;
  }

  static Plan join(Way way, const Plan& first, const Plan& second) {
    return {first.entries + second.entries, way, first.only_yes && second.only_yes};
  }

  // Entries for packets in `context`. `inverted` writes a yes as leaf 0.
  void write(Reference wanted, Reference fallback, const net::Cube& context, bool inverted = false) {
    Scope scope = Scope::kWhole;
    while (true) {
      const Way way = plan(wanted, fallback, scope).way;
      if (way == Way::kNothing) return;
      if (way == Way::kLeaf) {
        if (auto match = as_switches_take_it(context)) {
          entries_.push_back({std::move(*match), inverted ? 0 : wanted & ~kLeafBit});
        }
        return;
      }
      if (way == Way::kDifference) {
        write(refused_part(wanted, fallback), kNo, context, !inverted);
        wanted = accepted_part(wanted, fallback);
        fallback = kNo;
        scope = Scope::kWhole;
        continue;
      }
      const Workspace::Node node = workspace_.node(wanted);
      const FieldTest test = workspace_.test(node.test);
      if (way == Way::kYesOnly) {
        write_under(test, node.yes, workspace_.node(fallback).yes, context, inverted);
        return;
      }
      const bool yes_first = way == Way::kYesFirst;
      const FieldTest tested = yes_first ? test : opposite(test);
      const Reference behind = yes_first ? node.no : node.yes;
      write_under(tested, yes_first ? node.yes : node.no, workspace_.given(behind, tested), context, inverted);
      wanted = behind;
      scope = yes_first ? scope_of_rest(node) : Scope::kWhole;
    }
  }

  void write_under(const FieldTest& test, Reference wanted, Reference fallback, const net::Cube& context,
                   bool inverted) {
    if (plan(wanted, fallback).way == Way::kNothing) return;
    // No packet passes both: the entries would never match.
    const auto narrowed = net::intersect(context, net::Cube{test});
    if (narrowed) write(wanted, fallback, *narrowed, inverted);
  }

  Workspace& workspace_;
  Leaves leaves_;
  std::array<std::unordered_map<std::uint64_t, Plan>, 2> plans_;  // by scope
  std::vector<Entry> entries_;
};

}  // namespace

base::Result<std::vector<Entry>> decision_list(Workspace& workspace, const Request& request) {
  return Planner(workspace, request.leaves).run(request);
}

}  // namespace superspan::policy::place
