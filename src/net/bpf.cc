// SPDX-License-Identifier: Apache-2.0
#include "net/bpf.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace superspan::net {
namespace {

// The longest walk over headers that a frame of 64 KiB can hold takes half of them.
constexpr int kMaxSteps = 200'000;

class Machine {
 public:
  Machine(std::span<const bpf_insn> program, base::BytesView frame, std::uint32_t wire_bytes)
      : program_(program), frame_(frame), wire_bytes_(wire_bytes) {}

  bool run() {
    for (int steps = 0; steps < kMaxSteps && !cut_ && at_ < program_.size(); ++steps) {
      const bpf_insn& instruction = program_[at_++];
      if (BPF_CLASS(instruction.code) == BPF_RET)
        return (BPF_RVAL(instruction.code) == BPF_A ? a_ : instruction.k) != 0;
      step(instruction);
    }
    return false;
  }

 private:
  void step(const bpf_insn& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        a_ = load(instruction);
        break;
      case BPF_LDX:
        x_ = BPF_MODE(instruction.code) == BPF_MSH ? 4 * (bytes(instruction.k, 1) & 0xf) : load(instruction);
        break;
      case BPF_ST:
        store(instruction.k, a_);
        break;
      case BPF_STX:
        store(instruction.k, x_);
        break;
      case BPF_ALU:
        a_ = compute(instruction);
        break;
      case BPF_JMP:
        jump(instruction);
        break;
      default:  // BPF_MISC
        if (BPF_MISCOP(instruction.code) == BPF_TAX) {
          x_ = a_;
        } else {
          a_ = x_;
        }
    }
  }

  std::uint32_t load(const bpf_insn& instruction) {
    const unsigned size = BPF_SIZE(instruction.code) == BPF_W ? 4 : BPF_SIZE(instruction.code) == BPF_H ? 2 : 1;
    switch (BPF_MODE(instruction.code)) {
      case BPF_ABS:
        return bytes(instruction.k, size);
      case BPF_IND:
        return bytes(std::uint64_t{instruction.k} + x_, size);
      case BPF_LEN:
        return wire_bytes_;
      case BPF_MEM:
        return stored(instruction.k);
      default:  // BPF_IMM
        return instruction.k;
    }
  }

  void store(std::uint32_t word, std::uint32_t value) {
    cut_ = cut_ || word >= memory_.size();
    if (!cut_) memory_[word] = value;
  }

  std::uint32_t stored(std::uint32_t word) {
    cut_ = cut_ || word >= memory_.size();
    return cut_ ? 0 : memory_[word];
  }

  std::uint32_t bytes(std::uint64_t offset, unsigned size) {
    cut_ = cut_ || offset > frame_.size() || frame_.size() - offset < size;
    if (cut_) return 0;
    base::ByteReader reader(frame_.subspan(offset, size));
    return size == 1 ? reader.u8() : size == 2 ? reader.be16() : reader.be32();
  }

  std::uint32_t compute(const bpf_insn& instruction) {
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
    const auto op = BPF_OP(instruction.code);
    const bool taken = op == BPF_JEQ   ? a_ == operand
                       : op == BPF_JGT ? a_ > operand
                       : op == BPF_JGE ? a_ >= operand
                                       : (a_ & operand) != 0;
    at_ += taken ? instruction.jt : instruction.jf;
  }

  std::span<const bpf_insn> program_;
  base::BytesView frame_;
  std::uint32_t wire_bytes_;
  std::size_t at_ = 0;
  std::uint32_t a_ = 0;
  std::uint32_t x_ = 0;
  bool cut_ = false;  // by a load behind the end or a division by zero: the frame is not kept
  std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
};

}  // namespace

bool jumps_backwards(std::span<const bpf_insn> program) {
  return std::ranges::any_of(program, [](const bpf_insn& instruction) {
    return instruction.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(instruction.k) < 0;
  });
}

bool run_bpf(std::span<const bpf_insn> program, base::BytesView frame, std::uint32_t wire_bytes) {
  return Machine(program, frame, wire_bytes).run();
}

}  // namespace superspan::net
