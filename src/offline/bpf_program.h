// SPDX-License-Identifier: Apache-2.0
// An expression as libpcap's classic BPF, not optimised: the optimiser of libpcap 1.10 refuses what can never match and
// gets a few expressions wrong.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "offline/engine.h"
#include "policy/compile.h"
#include "policy/evaluate.h"

struct bpf_program;

namespace superspan::offline {

class BpfProgram {
 public:
  // `text` has numbers only, no names, so that libpcap asks no resolver. kInvalid with libpcap's words.
  [[nodiscard]] static base::Result<BpfProgram> compile(const std::string& text);
  // The same with the names of the language resolved first. kInvalid with a mark. What libpcap cannot say is evaluated
  // by policy::Evaluator.
  [[nodiscard]] static base::Result<BpfProgram> from_expression(const std::string& expression,
                                                                const policy::Names* names = nullptr);
  [[nodiscard]] static base::Result<BpfProgram> from_residual(const policy::Residual& residual);

  // A program that would never end keeps nothing (`protochain` in a frame whose headers point at each other).
  [[nodiscard]] bool matches(const Frame& frame) const;

 private:
  explicit BpfProgram(std::shared_ptr<bpf_program> code);
  explicit BpfProgram(policy::Evaluator own) : own_(std::move(own)) {}
  std::shared_ptr<bpf_program> code_;
  std::optional<policy::Evaluator> own_;  // instead of code_
  bool loops_ = false;
};

}  // namespace superspan::offline
