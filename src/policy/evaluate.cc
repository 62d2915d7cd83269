// SPDX-License-Identifier: Apache-2.0
#include "policy/evaluate.h"

#include <utility>

#include "policy/evaluate/run.h"
#include "policy/pipeline.h"

namespace superspan::policy {

struct Evaluator::Program {
  resolve::Resolved resolved;
};

Evaluator::Evaluator(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

base::Result<Evaluator> Evaluator::create(std::string_view expression, const Names* names) {
  auto resolved = read(expression, names);
  if (!resolved) return std::unexpected(resolved.error());
  return Evaluator(std::make_shared<const Program>(Program{std::move(*resolved)}));
}

base::Result<Evaluator> Evaluator::from_residual(std::string_view text) {
  auto resolved = read(text, nullptr, parse::kWideLimits);
  if (!resolved) return std::unexpected(resolved.error());
  return Evaluator(std::make_shared<const Program>(Program{std::move(*resolved)}));
}

bool Evaluator::matches(base::BytesView frame) const {
  return answer(frame, static_cast<std::uint32_t>(frame.size())).keeps;
}

Evaluator::Answer Evaluator::answer(base::BytesView frame, std::uint32_t wire_bytes, std::uint32_t tap) const {
  evaluate::Run run(program_->resolved, frame, wire_bytes, tap);
  const bool keeps = run.keeps();
  return {keeps, run.is_defined()};
}

}  // namespace superspan::policy
