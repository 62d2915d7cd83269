// SPDX-License-Identifier: Apache-2.0
#include "policy/lower/lower.h"

#include "policy/lower/primitives.h"

namespace superspan::policy::lower {
namespace {

// A port range is up to 30 tests a side, so this is reached long before kMaxNodes when someone lists ranges.
constexpr std::size_t kMaxTests = 65'536;

struct ReasonText {
  Reason reason;
  const char* text;
};

constexpr ReasonText kReasonTexts[] = {
    {kExtensionHeaders,
     "IPv6 packets with extension headers: a switch matches what stands behind them, the expression what stands first"},
    {kMalformed, "frames with damaged or cut IP, ARP or transport headers, which a switch cannot read"},
    {kForeignTag, "frames with a tag 0x9100, or with a tag and nothing behind it, in which a switch sees no tag"},
    {kWhichTag, "tagged frames with another tag type: a switch does not tell 0x8100 from 0x88a8"},
    {kInnerTag,
     "tagged frames: a switch sees the first tag and the type behind it, not the tags and headers behind that"},
    {kUntaggedFrame,
     "untagged frames: behind 'vlan' every test looks 4 bytes further, also in frames without a tag; to match both, "
     "write the tests of untagged frames to the left of 'vlan'"},
};

class Lowering {
 public:
  Lowering(const resolve::Resolved& resolved, bool keep_malformed)
      : resolved_(resolved), primitives_(lowered_.predicates, keep_malformed) {}

  base::Result<Lowered> run() {
    for (const resolve::Node& node : resolved_.nodes) {
      bounds_.push_back(std::visit([&](const auto& body) { return convert(body, node.depth); }, node.body));
      if (lowered_.predicates.test_count() > kMaxTests) {
        return parse::fault(resolved_.text, node.span, "the expression needs too many switch tests",
                            "split it into several policies, or write nets and wider port ranges",
                            base::ErrorCode::kLimit);
      }
    }
    const Bounds& whole = bounds_.back();
    Predicates& predicates = lowered_.predicates;
    lowered_.wanted = whole.upper;
    lowered_.certain = predicates.all({whole.lower, predicates.negate(whole.cut)});
    const unsigned reasons = primitives_.reasons();
    for (const auto& [reason, text] : kReasonTexts) {
      if ((reasons & reason) != 0) lowered_.doubts.push_back({text, primitives_.where(reason)});
    }
    return std::move(lowered_);
  }

 private:
  template <typename Primitive>
  Bounds convert(const Primitive& primitive, unsigned depth) {
    return primitives_.lower(primitive, depth);
  }
  Bounds convert(const resolve::Not& inverted, unsigned /*depth*/) {
    return negate(lowered_.predicates, bounds_[inverted.child]);
  }

  // Runs of the same operator become one node, so that a list of a thousand hosts is no tower of a thousand nodes.
  Bounds convert(const resolve::Group& group, unsigned /*depth*/) {
    std::vector<Bounds> run;
    resolve::Operator joined = resolve::Operator::kAnd;
    for (const resolve::Step& step : group.steps) {
      if (run.size() > 1 && step.before != joined) run = {close(run, joined)};
      joined = step.before;
      run.push_back(bounds_[step.operand]);
    }
    return close(run, joined);
  }

  Bounds close(const std::vector<Bounds>& run, resolve::Operator joined) {
    Predicates& predicates = lowered_.predicates;
    return joined == resolve::Operator::kAnd ? all_of(predicates, run) : any_of(predicates, run);
  }

  const resolve::Resolved& resolved_;
  Lowered lowered_;
  Primitives primitives_;
  std::vector<Bounds> bounds_;
};

}  // namespace

base::Result<Lowered> lower(const resolve::Resolved& resolved, bool keep_malformed) {
  return Lowering(resolved, keep_malformed).run();
}

}  // namespace superspan::policy::lower
