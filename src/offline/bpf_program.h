// SPDX-License-Identifier: Apache-2.0
// An expression as libpcap's classic BPF, not optimised: the optimiser of libpcap 1.10 refuses what can never match and
// gets a few expressions wrong.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "offline/engine.h"

struct bpf_program;

namespace superspan::offline {

class BpfProgram {
 public:
  // `text` has numbers only, no names, so that libpcap asks no resolver. kInvalid with libpcap's words.
  [[nodiscard]] static base::Result<BpfProgram> compile(const std::string& text);
  // The same with the names of the language resolved first. kInvalid with a mark.
  [[nodiscard]] static base::Result<BpfProgram> from_expression(const std::string& expression);

  // A program that would never end keeps nothing (`protochain` in a frame whose headers point at each other).
  [[nodiscard]] bool matches(const Frame& frame) const;

 private:
  explicit BpfProgram(std::shared_ptr<bpf_program> code);
  std::shared_ptr<bpf_program> code_;
  bool loops_ = false;
};

}  // namespace superspan::offline
