// SPDX-License-Identifier: Apache-2.0
#include "policy/pipeline.h"

#include <utility>

#include "policy/parse/parser.h"
#include "policy/place/place.h"
#include "policy/resolve/resolve.h"

namespace superspan::policy {

base::Result<resolve::Resolved> read(std::string_view expression, const Names* names, const parse::Limits& limits) {
  const auto ast = parse::parse(expression, limits);
  if (!ast) return std::unexpected(ast.error());
  return resolve::resolve(*ast, names);
}

base::Result<Compilation> run(std::string_view expression, const CompileOptions& options) {
  auto resolved = read(expression, options.names.get());
  if (!resolved) return std::unexpected(resolved.error());
  auto lowered = lower::lower(*resolved, options.keep_malformed);
  if (!lowered) return std::unexpected(lowered.error());
  auto policy = place::place(*resolved, *lowered, options);
  if (!policy) return std::unexpected(policy.error());
  return Compilation{std::move(*resolved), std::move(*lowered), std::move(*policy)};
}

}  // namespace superspan::policy
