// SPDX-License-Identifier: Apache-2.0
// The reference evaluator: slow, obvious, byte by byte, with the meaning that libpcap gives the language. Every clever
// path (rules, residuals, switches) is held against it.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::policy {

class Evaluator {
 public:
  [[nodiscard]] static base::Result<Evaluator> create(std::string_view expression);
  // True if `tcpdump -r` with the same expression keeps this Ethernet frame. The view is the captured bytes.
  [[nodiscard]] bool matches(base::BytesView frame) const;

 private:
  struct Program;
  explicit Evaluator(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace superspan::policy
