// SPDX-License-Identifier: Apache-2.0
// The reference evaluator: slow, obvious, byte by byte, with the meaning that libpcap gives the language. Every clever
// path (rules, residuals, switches) is held against it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "policy/names.h"

namespace superspan::policy {

class Evaluator {
 public:
  struct Answer {
    bool keeps;
    // false: libpcap's own answer depends on memory that it never wrote (a test behind `geneve` in a frame that is no
    // Geneve), or it never ends (`protochain` in a frame whose headers point at each other).
    bool defined;
  };

  [[nodiscard]] static base::Result<Evaluator> create(std::string_view expression, const Names* names = nullptr);
  // Of CompiledPolicy::residual, which may be longer than what people may write.
  [[nodiscard]] static base::Result<Evaluator> from_residual(std::string_view text);
  // True if `tcpdump -r` with the same expression keeps this Ethernet frame. The view is the captured bytes, all of the
  // frame unless its length on the wire is given.
  [[nodiscard]] bool matches(base::BytesView frame) const;
  // `tap`: the number of the tap that copied the frame; 0: none, no `tap` is that.
  [[nodiscard]] Answer answer(base::BytesView frame, std::uint32_t wire_bytes, std::uint32_t tap = 0) const;

 private:
  struct Program;
  explicit Evaluator(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace superspan::policy
