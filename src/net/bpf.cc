// SPDX-License-Identifier: Apache-2.0
#include "net/bpf.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace superspan::net {
namespace {

// The longest walk over headers that a frame of 64 KiB can hold takes half of them. A loop is found long before.
constexpr int kMaxSteps = 200'000;

// All that decides what a program does next.
struct State {
  std::size_t at = 0;
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory{};
  bool operator==(const State&) const = default;
};

// Tells that a program is where it was before, and so will be for ever: R. P. Brent, "An improved Monte Carlo
// factorization algorithm" (BIT 20, 1980), section 2. The state that is compared with moves on at each power of two.
class LoopDetector {
 public:
  bool seen(const State& state) {
    if (visits_ > 0 && state == marked_) return true;
    if (++visits_ == next_mark_) {
      marked_ = state;
      next_mark_ *= 2;
    }
    return false;
  }

 private:
  State marked_;
  std::uint32_t visits_ = 0;
  std::uint32_t next_mark_ = 1;
};

class Machine {
 public:
  Machine(std::span<const bpf_insn> program, base::BytesView frame, std::uint32_t wire_bytes)
      : program_(program), frame_(frame), wire_bytes_(wire_bytes) {}

  bool run() {
    for (int steps = 0; steps < kMaxSteps && !cut_ && state_.at < program_.size(); ++steps) {
      const bpf_insn& instruction = program_[state_.at++];
      if (BPF_CLASS(instruction.code) == BPF_RET)
        return (BPF_RVAL(instruction.code) == BPF_A ? state_.a : instruction.k) != 0;
      step(instruction);
    }
    return false;
  }

 private:
  void step(const bpf_insn& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        state_.a = load(instruction);
        break;
      case BPF_LDX:
        state_.x = BPF_MODE(instruction.code) == BPF_MSH ? 4 * (bytes(instruction.k, 1) & 0xf) : load(instruction);
        break;
      case BPF_ST:
        store(instruction.k, state_.a);
        break;
      case BPF_STX:
        store(instruction.k, state_.x);
        break;
      case BPF_ALU:
        state_.a = compute(instruction);
        break;
      case BPF_JMP:
        jump(instruction);
        break;
      default:  // BPF_MISC
        if (BPF_MISCOP(instruction.code) == BPF_TAX) {
          state_.x = state_.a;
        } else {
          state_.a = state_.x;
        }
    }
  }

  std::uint32_t load(const bpf_insn& instruction) {
    const unsigned size = BPF_SIZE(instruction.code) == BPF_W ? 4 : BPF_SIZE(instruction.code) == BPF_H ? 2 : 1;
    switch (BPF_MODE(instruction.code)) {
      case BPF_ABS:
        return bytes(instruction.k, size);
      case BPF_IND:
        return bytes(std::uint64_t{instruction.k} + state_.x, size);
      case BPF_LEN:
        return wire_bytes_;
      case BPF_MEM:
        return stored(instruction.k);
      default:  // BPF_IMM
        return instruction.k;
    }
  }

  void store(std::uint32_t word, std::uint32_t value) {
    cut_ = cut_ || word >= state_.memory.size();
    if (!cut_) state_.memory[word] = value;
  }

  std::uint32_t stored(std::uint32_t word) {
    cut_ = cut_ || word >= state_.memory.size();
    return cut_ ? 0 : state_.memory[word];
  }

  std::uint32_t bytes(std::uint64_t offset, unsigned size) {
    cut_ = cut_ || offset > frame_.size() || frame_.size() - offset < size;
    if (cut_) return 0;
    base::ByteReader reader(frame_.subspan(offset, size));
    return size == 1 ? reader.u8() : size == 2 ? reader.be16() : reader.be32();
  }

  std::uint32_t compute(const bpf_insn& instruction) {
    const std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? state_.x : instruction.k;
    switch (BPF_OP(instruction.code)) {
      case BPF_ADD:
        return state_.a + operand;
      case BPF_SUB:
        return state_.a - operand;
      case BPF_MUL:
        return state_.a * operand;
      case BPF_DIV:
      case BPF_MOD:
        cut_ = cut_ || operand == 0;
        if (operand == 0) return 0;
        return BPF_OP(instruction.code) == BPF_DIV ? state_.a / operand : state_.a % operand;
      case BPF_AND:
        return state_.a & operand;
      case BPF_OR:
        return state_.a | operand;
      case BPF_XOR:
        return state_.a ^ operand;
      case BPF_LSH:
        return operand < 32 ? state_.a << operand : 0;
      case BPF_RSH:
        return operand < 32 ? state_.a >> operand : 0;
      default:  // BPF_NEG
        return 0 - state_.a;
    }
  }

  void jump(const bpf_insn& instruction) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      state_.at += static_cast<std::size_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(instruction.k)));
      if (static_cast<std::int32_t>(instruction.k) < 0) cut_ = cut_ || loops_.seen(state_);
      return;
    }
    const std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? state_.x : instruction.k;
    const auto op = BPF_OP(instruction.code);
    const bool taken = op == BPF_JEQ   ? state_.a == operand
                       : op == BPF_JGT ? state_.a > operand
                       : op == BPF_JGE ? state_.a >= operand
                                       : (state_.a & operand) != 0;
    state_.at += taken ? instruction.jt : instruction.jf;
  }

  std::span<const bpf_insn> program_;
  base::BytesView frame_;
  std::uint32_t wire_bytes_;
  State state_;
  LoopDetector loops_;
  bool cut_ = false;  // by a load behind the end, a division by zero or an endless loop: the frame is not kept
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
