// SPDX-License-Identifier: Apache-2.0
// An interpreter of classic BPF for programs that jump backwards, with which libpcap's own may never return
// (`protochain` in a frame whose headers point at each other). It gives up after some steps.
#pragma once

#include <pcap/pcap.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace superspan::policy::testing {

class BpfMachine {
 public:
  BpfMachine(std::span<const bpf_insn> program, base::BytesView frame, std::uint32_t wire_bytes)
      : program_(program), frame_(frame), wire_bytes_(wire_bytes) {}

  static bool may_loop(std::span<const bpf_insn> program) {
    for (const bpf_insn& instruction : program) {
      if (instruction.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(instruction.k) < 0) return true;
    }
    return false;
  }

  // Nothing if it goes on and on.
  std::optional<bool> run() {
    for (int steps = 0; steps < kMaxSteps; ++steps) {
      const bpf_insn& instruction = program_[at_++];
      if (BPF_CLASS(instruction.code) == BPF_RET) return instruction.k != 0;
      step(instruction);
      if (cut_) return false;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kMaxSteps = 200'000;

  void step(const bpf_insn& instruction) {
    const std::uint32_t k = instruction.k;
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        a_ = loaded(instruction);
        break;
      case BPF_LDX:
        x_ = BPF_MODE(instruction.code) == BPF_MSH ? 4 * (bytes(k, 1) & 0xf) : loaded(instruction);
        break;
      case BPF_ST:
        memory_.at(k) = a_;
        break;
      case BPF_STX:
        memory_.at(k) = x_;
        break;
      case BPF_ALU:
        a_ = computed(instruction);
        break;
      case BPF_JMP:
        jump(instruction);
        break;
      default:  // BPF_MISC
        (BPF_MISCOP(instruction.code) == BPF_TAX ? x_ : a_) = BPF_MISCOP(instruction.code) == BPF_TAX ? a_ : x_;
    }
  }

  std::uint32_t loaded(const bpf_insn& instruction) {
    const unsigned size = BPF_SIZE(instruction.code) == BPF_W ? 4 : BPF_SIZE(instruction.code) == BPF_H ? 2 : 1;
    switch (BPF_MODE(instruction.code)) {
      case BPF_ABS:
        return bytes(instruction.k, size);
      case BPF_IND:
        return bytes(std::uint64_t{instruction.k} + x_, size);
      case BPF_LEN:
        return wire_bytes_;
      case BPF_MEM:
        return memory_.at(instruction.k);
      default:
        return instruction.k;
    }
  }

  std::uint32_t bytes(std::uint64_t offset, unsigned size) {
    cut_ = cut_ || offset > frame_.size() || frame_.size() - offset < size;
    if (cut_) return 0;
    base::ByteReader reader(frame_.subspan(offset, size));
    return size == 1 ? reader.u8() : size == 2 ? reader.be16() : reader.be32();
  }

  std::uint32_t computed(const bpf_insn& instruction) {
    const std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? x_ : instruction.k;
    switch (BPF_OP(instruction.code)) {
      case BPF_ADD:
        return a_ + operand;
      case BPF_SUB:
        return a_ - operand;
      case BPF_MUL:
        return a_ * operand;
      case BPF_DIV:
      case BPF_MOD:
        cut_ = cut_ || operand == 0;
        if (operand == 0) return 0;
        return BPF_OP(instruction.code) == BPF_DIV ? a_ / operand : a_ % operand;
      case BPF_AND:
        return a_ & operand;
      case BPF_OR:
        return a_ | operand;
      case BPF_XOR:
        return a_ ^ operand;
      case BPF_LSH:
        return operand < 32 ? a_ << operand : 0;
      case BPF_RSH:
        return operand < 32 ? a_ >> operand : 0;
      default:  // BPF_NEG
        return 0 - a_;
    }
  }

  void jump(const bpf_insn& instruction) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      at_ += static_cast<std::size_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(instruction.k)));
      return;
    }
    const std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? x_ : instruction.k;
    const bool taken = BPF_OP(instruction.code) == BPF_JEQ   ? a_ == operand
                       : BPF_OP(instruction.code) == BPF_JGT ? a_ > operand
                       : BPF_OP(instruction.code) == BPF_JGE ? a_ >= operand
                                                             : (a_ & operand) != 0;
    at_ += taken ? instruction.jt : instruction.jf;
  }

  std::span<const bpf_insn> program_;
  base::BytesView frame_;
  std::uint32_t wire_bytes_;
  std::size_t at_ = 0;
  std::uint32_t a_ = 0;
  std::uint32_t x_ = 0;
  bool cut_ = false;
  std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
};

}  // namespace superspan::policy::testing
