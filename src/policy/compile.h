// SPDX-License-Identifier: Apache-2.0
// From the text of an expression to what a switch matches and what a node finishes. Pure: no I/O, no OpenFlow types.
//
//   text -> parse -> resolve -> lower -> optimize -> place -> CompiledPolicy
//
// The language is pcap-filter(7) with the meaning that libpcap gives it for Ethernet captures, and words of superspan;
// see docs/policy-language.md.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/field.h"
#include "policy/names.h"

namespace superspan::policy {

// Optimised form of an expression over switch fields; immutable and shared. See optimize/diagram.h.
class Diagram;

struct CompileOptions {
  std::size_t rule_limit = 4096;  // more rules than this is an error that names the count
  // A switch shows damaged or cut headers as zeros, while libpcap reads what bytes there are. true: rules let such
  // frames through wherever the expression asks for what cannot be read, and the residual decides, so that nothing is
  // ever missed (but most policies then have a residual, and overlap in these frames). false: such frames are taken for
  // what the switch shows; rules are fewer, more often exact, and may miss damaged frames.
  bool keep_malformed = true;
  // Names of machines, groups and taps; null: every such name is an error.
  std::shared_ptr<const Names> names{};
};

// One entry of a decision list. The first rule that matches a packet decides; no rule: the packet is not wanted.
struct Rule {
  net::Cube match;
  bool accept = true;
  friend bool operator==(const Rule&, const Rule&) = default;
};

// What the rules cannot decide. A node that evaluates `expression` (numbers only, no names) on the accepted packets
// keeps exactly the wanted ones. `libpcap`: it is pcap-filter text; else it has words of superspan, which Evaluator
// knows. For libpcap: compile it with pcap_compile's optimize 0: the optimiser refuses an expression that no packet
// passes, is slow on long lists, may drop reads behind the end of a cut frame, which is what decides there, and gets a
// few expressions wrong.
struct Residual {
  std::string expression;
  bool libpcap = true;
  friend bool operator==(const Residual&, const Residual&) = default;
};

struct CompiledPolicy {
  std::string expression;                  // as given
  std::vector<Rule> rules;                 // never under-match (with keep_malformed); highest priority first; may be
                                           // empty: no packet is ever wanted
  std::optional<Residual> residual;        // absent: the rules are exact
  std::vector<std::string> overmatches;    // for people: what the rules let through beyond the expression
  std::shared_ptr<const Diagram> diagram;  // same meaning as rules
};

// Errors are kInvalid with the caret mark into the expression, or kLimit.
[[nodiscard]] base::Result<CompiledPolicy> compile(std::string_view expression, const CompileOptions& options = {});

enum class Stage { kAst, kResolved, kPredicate, kRules, kResidual, kSplit };
[[nodiscard]] base::Result<Stage> parse_stage(std::string_view name);  // "ast", "resolved", ...
// The result of one stage as text for people, one item a line.
[[nodiscard]] base::Result<std::string> explain(std::string_view expression, Stage stage,
                                                const CompileOptions& options = {});

// True if some packet may be wanted by both.
[[nodiscard]] bool overlaps(const Diagram& left, const Diagram& right);

// All diagrams at once for a switch with one table: a decision list whose rules name the set of policies that want the
// packet (indices into `diagrams`, sorted; empty: none). kLimit if more than `rule_limit` rules are needed.
struct RegionRule {
  net::Cube match;
  std::vector<std::size_t> policies;
};
[[nodiscard]] base::Result<std::vector<RegionRule>> regions(std::span<const Diagram* const> diagrams,
                                                            std::size_t rule_limit);

}  // namespace superspan::policy
