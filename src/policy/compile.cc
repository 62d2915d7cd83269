// SPDX-License-Identifier: Apache-2.0
#include "policy/compile.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/optimize/diagram.h"
#include "policy/parse/parser.h"
#include "policy/pipeline.h"
#include "policy/place/split.h"
#include "policy/resolve/canonical.h"

namespace superspan::policy {
namespace {

struct StageName {
  Stage stage;
  const char* name;
};

constexpr std::array<StageName, 6> kStages = {{{Stage::kAst, "ast"},
                                               {Stage::kResolved, "resolved"},
                                               {Stage::kPredicate, "predicate"},
                                               {Stage::kRules, "rules"},
                                               {Stage::kResidual, "residual"},
                                               {Stage::kSplit, "split"}}};

std::string print_rules(const CompiledPolicy& policy) {
  std::string text;
  for (const Rule& rule : policy.rules) {
    text += fmt::format("{} {}\n", rule.accept ? "accept" : "reject",
                        rule.match.empty() ? "everything" : net::to_string(rule.match));
  }
  return text.empty() ? "nothing is accepted\n" : text;
}

std::string print_residual(const CompiledPolicy& policy) {
  if (!policy.residual) return "none: the rules are exact\n";
  std::string text = policy.residual->expression + "\n";
  for (const std::string& overmatch : policy.overmatches) text += "# rules also accept " + overmatch + "\n";
  return text;
}

}  // namespace

base::Result<CompiledPolicy> compile(std::string_view expression, const CompileOptions& options) {
  auto compilation = run(expression, options);
  if (!compilation) return std::unexpected(compilation.error());
  return std::move(compilation->policy);
}

base::Result<Stage> parse_stage(std::string_view name) {
  for (const StageName& stage : kStages) {
    if (stage.name == name) return stage.stage;
  }
  return base::fail(base::ErrorCode::kInvalid, fmt::format("unknown stage '{}'", name),
                    "write ast, resolved, predicate, rules, residual or split", "stage");
}

base::Result<std::string> explain(std::string_view expression, Stage stage, const CompileOptions& options) {
  if (stage == Stage::kAst) {
    const auto ast = parse::parse(expression);
    if (!ast) return std::unexpected(ast.error());
    return parse::print(*ast);
  }
  if (stage == Stage::kResolved) {
    const auto resolved = read(expression, options.names.get());
    if (!resolved) return std::unexpected(resolved.error());
    return resolve::canonical(*resolved) + "\n";
  }
  const auto compilation = run(expression, options);
  if (!compilation) return std::unexpected(compilation.error());
  switch (stage) {
    case Stage::kPredicate:
      return lower::print(compilation->lowered.predicates, compilation->lowered.wanted);
    case Stage::kRules:
      return print_rules(compilation->policy);
    case Stage::kSplit:
      return place::split(compilation->resolved, compilation->lowered);
    default:
      return print_residual(compilation->policy);
  }
}

}  // namespace superspan::policy
