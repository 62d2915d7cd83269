// SPDX-License-Identifier: Apache-2.0
// What libpcap's code sees of one frame: checked loads, an accumulator that keeps the last value, and the slots that
// `geneve` fills. A load behind the end of the captured bytes ends the whole filter with "no", whatever stands around
// it: the machine is cut from then on, and loads zeros.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "policy/resolve/context.h"
#include "policy/resolve/layout.h"

namespace superspan::policy::evaluate {

class Machine {
 public:
  Machine(base::BytesView frame, std::uint32_t wire_bytes) : frame_(frame), wire_bytes_(wire_bytes) {}

  [[nodiscard]] base::BytesView frame() const { return frame_; }
  [[nodiscard]] std::uint32_t wire_bytes() const { return wire_bytes_; }
  [[nodiscard]] std::uint32_t accumulator() const { return accumulator_; }
  std::uint32_t set(std::uint32_t value) { return accumulator_ = value; }

  // `bytes` (1, 2 or 4) at constant + index; the constant is below 2^32, the sum does not wrap.
  std::uint32_t load(std::uint32_t constant, std::uint32_t index, unsigned bytes);
  // Behind a header: at offset + `more`.
  std::uint32_t load(const resolve::Offset& offset, std::uint32_t more, unsigned bytes);
  // The variable part of an offset; 0 if it has none.
  std::uint32_t variable(const resolve::Offset& offset);
  void fill(unsigned slot, std::uint32_t value);

  void cut() { cut_ = true; }  // as a load behind the end does; also a division by zero
  void endless() { cut_ = true, defined_ = false; }
  [[nodiscard]] bool is_cut() const { return cut_; }
  [[nodiscard]] bool is_defined() const { return defined_; }

 private:
  struct Slot {
    std::uint32_t value = 0;
    bool filled = false;
  };
  base::BytesView frame_;
  std::uint32_t wire_bytes_;
  std::uint32_t accumulator_ = 0;
  bool cut_ = false;
  bool defined_ = true;
  std::array<Slot, resolve::kSlots + resolve::kRegisters> slots_{};
};

}  // namespace superspan::policy::evaluate
