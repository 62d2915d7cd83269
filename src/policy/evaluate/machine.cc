// SPDX-License-Identifier: Apache-2.0
#include "policy/evaluate/machine.h"

namespace superspan::policy::evaluate {

std::uint32_t Machine::load(std::uint32_t constant, std::uint32_t index, unsigned bytes) {
  const std::uint64_t offset = std::uint64_t{constant} + index;
  if (offset > frame_.size() || frame_.size() - offset < bytes) cut_ = true;
  if (cut_) return set(0);
  base::ByteReader reader(frame_.subspan(offset, bytes));
  return set(bytes == 1 ? reader.u8() : bytes == 2 ? reader.be16() : reader.be32());
}

std::uint32_t Machine::load(const resolve::Offset& offset, std::uint32_t more, unsigned bytes) {
  return load(offset.constant + more, variable(offset), bytes);
}

std::uint32_t Machine::variable(const resolve::Offset& offset) {
  if (!offset.slot) return 0;
  const Slot& slot = slots_.at(*offset.slot);
  defined_ = defined_ && (slot.filled || cut_);
  return slot.value;
}

void Machine::fill(unsigned slot, std::uint32_t value) {
  slots_.at(slot) = {value, true};
}

}  // namespace superspan::policy::evaluate
