// SPDX-License-Identifier: Apache-2.0
#include "offline/engine.h"

#include <fmt/format.h>

#include <vector>

#include "offline/bpf_program.h"
#include "offline/switch_engine.h"
#include "policy/evaluate.h"

namespace superspan::offline {
namespace {

// One program an expression, asked one after the other.
template <typename Program>
class OneByOne final : public Engine {
 public:
  explicit OneByOne(std::vector<Program> programs) : programs_(std::move(programs)) {}

  base::Result<Verdict> judge(const Frame& frame) override {
    Verdict verdict;
    for (std::size_t index = 0; index < programs_.size(); ++index) ask(programs_[index], frame, index, verdict);
    return verdict;
  }

 private:
  static void ask(const policy::Evaluator& program, const Frame& frame, std::size_t index, Verdict& verdict) {
    const auto answer = program.answer(frame.bytes, frame.original_length);
    verdict.wanted.set(index, answer.keeps);
    verdict.undefined.set(index, !answer.defined);
  }
  static void ask(const BpfProgram& program, const Frame& frame, std::size_t index, Verdict& verdict) {
    verdict.wanted.set(index, program.matches(frame));
  }

  std::vector<Program> programs_;
};

template <typename Program, typename Create>
base::Result<std::unique_ptr<Engine>> one_by_one(std::span<const std::string> expressions, Create create) {
  std::vector<Program> programs;
  for (const std::string& expression : expressions) {
    auto program = create(expression);
    if (!program) return std::unexpected(program.error());
    programs.push_back(std::move(*program));
  }
  return std::make_unique<OneByOne<Program>>(std::move(programs));
}

}  // namespace

const char* to_string(EngineKind kind) {
  switch (kind) {
    case EngineKind::kReference:
      return "reference";
    case EngineKind::kSwitch:
      return "switch";
    case EngineKind::kBpf:
      break;
  }
  return "bpf";
}

base::Result<std::unique_ptr<Engine>> make_engine(EngineKind kind, std::span<const std::string> expressions,
                                                  const std::shared_ptr<const policy::Names>& names) {
  if (expressions.size() > kExpressionsMax) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("{} expressions, {} allowed", expressions.size(), kExpressionsMax));
  }
  switch (kind) {
    case EngineKind::kReference:
      return one_by_one<policy::Evaluator>(expressions, [&](const std::string& expression) {
        return policy::Evaluator::create(expression, names.get());
      });
    case EngineKind::kBpf:
      return one_by_one<BpfProgram>(expressions, [&](const std::string& expression) {
        return BpfProgram::from_expression(expression, names.get());
      });
    case EngineKind::kSwitch:
      break;
  }
  return SwitchEngine::create(expressions, names);
}

}  // namespace superspan::offline
