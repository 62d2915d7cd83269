// SPDX-License-Identifier: Apache-2.0
#include "net/bpf.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/testing/seed.h"

namespace superspan::net {
namespace {

using Program = std::vector<bpf_insn>;
using Random = std::mt19937_64;

bpf_insn line(int code, std::uint32_t k = 0, std::uint8_t taken = 0, std::uint8_t missed = 0) {
  return {static_cast<std::uint16_t>(code), taken, missed, k};
}

bool by_libpcap(const Program& program, base::BytesView frame, std::uint32_t wire_bytes) {
  return ::bpf_filter(program.data(), static_cast<const u_char*>(static_cast<const void*>(frame.data())), wire_bytes,
                      static_cast<u_int>(frame.size())) != 0;
}

bpf_insn random_line(Random& random, std::size_t lines_behind) {
  constexpr int kLoads[] = {BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,  BPF_LD | BPF_B | BPF_ABS,
                            BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND,  BPF_LD | BPF_B | BPF_IND,
                            BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN, BPF_LDX | BPF_B | BPF_MSH};
  constexpr int kWords[] = {BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX};
  constexpr int kPlain[] = {BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
                            BPF_ALU | BPF_NEG};
  constexpr int kArithmetic[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR};
  constexpr int kShifts[] = {BPF_LSH, BPF_RSH};
  constexpr int kJumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  const auto pick = [&](const auto& from) { return from[random() % std::size(from)]; };
  const auto below = [&](std::size_t end) { return static_cast<std::uint8_t>(random() % end); };
  const auto number = static_cast<std::uint32_t>(random() >> (random() % 64));
  const int source = random() % 2 == 0 ? BPF_K : BPF_X;
  switch (random() % 7) {
    case 0:
      return line(pick(kLoads), below(24));
    case 1:
      return line(pick(kWords), below(BPF_MEMWORDS));
    case 2:
      return line(pick(kPlain), random() % 2 == 0 ? below(24) : number);
    case 3:
      return line(BPF_JMP | BPF_JA, below(lines_behind));
    case 4:
      return line(BPF_JMP | pick(kJumps) | source, number, below(lines_behind), below(lines_behind));
    case 5:
      return line(BPF_ALU | pick(kArithmetic) | source, number);
    default:  // libpcap's machine leaves it to the processor what a constant above 31 does
      return line(BPF_ALU | pick(kShifts) | source, below(32));
  }
}

// Without loops. It begins with zeros in all words of memory, since libpcap's machine leaves them as they are.
Program random_program(Random& random) {
  Program program{line(BPF_LD | BPF_IMM)};
  for (std::uint32_t word = 0; word < BPF_MEMWORDS; ++word) program.push_back(line(BPF_ST, word));
  program.push_back(line(BPF_LDX | BPF_IMM));
  for (std::size_t behind = 1 + random() % 30; behind > 0; --behind) program.push_back(random_line(random, behind));
  program.push_back(line(BPF_RET | BPF_A));
  return program;
}

std::string text(const Program& program) {
  std::string lines;
  for (std::size_t at = 0; at < program.size(); ++at) {
    lines += std::string(::bpf_image(&program[at], static_cast<int>(at))) + "\n";
  }
  return lines;
}

TEST(Bpf, DoesWhatLibpcapDoesWithRandomPrograms) {
  Random random(base::testing::seed());
  int compared = 0;
  int kept = 0;
  for (int round = 0; round < 200'000; ++round) {
    const Program program = random_program(random);
    if (::bpf_validate(program.data(), static_cast<int>(program.size())) == 0) continue;  // divides by the number 0
    base::Bytes frame(random() % 40);
    for (std::byte& byte : frame) byte = static_cast<std::byte>(random());
    const auto wire_bytes = static_cast<std::uint32_t>(frame.size() + random() % 3);
    const bool keeps = run_bpf(program, frame, wire_bytes);
    ASSERT_EQ(keeps, by_libpcap(program, frame, wire_bytes))
        << "round " << round << ", " << frame.size() << " of " << wire_bytes << " bytes\n"
        << text(program);
    ++compared;
    kept += keeps ? 1 : 0;
  }
  EXPECT_GT(compared, 150'000);
  EXPECT_GT(kept, compared / 10);
  EXPECT_LT(kept, compared - compared / 10);
}

TEST(Bpf, AProgramThatNeverEndsKeepsNothing) {
  const Program endless{line(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(-1)), line(BPF_RET | BPF_K, 1)};
  EXPECT_TRUE(jumps_backwards(endless));
  EXPECT_FALSE(run_bpf(endless, {}, 0));
}

// Payloads of authentication headers (IP protocol 51) that libpcap's walk over headers comes back to again and again.
TEST(Bpf, HeadersThatPointAtEachOtherKeepNothing) {
  bpf_program compiled{};
  pcap_t* handle = ::pcap_open_dead(DLT_EN10MB, 65'535);
  ASSERT_EQ(::pcap_compile(handle, &compiled, "ip protochain 99", 0, PCAP_NETMASK_UNKNOWN), 0);
  ::pcap_close(handle);
  const std::span<const bpf_insn> program(compiled.bf_insns, compiled.bf_len);
  Random random(base::testing::seed());
  for (int round = 0; round < 20'000; ++round) {
    base::ByteWriter frame;
    frame.zeros(12);
    frame.be16(0x0800);
    frame.be32(0x4500002e);
    frame.be32(0);
    frame.be32(0x40330000);
    frame.zeros(8);
    for (int header = 0; header < 10; ++header) {
      frame.u8(51);
      frame.u8(round == 0 ? 3 : static_cast<std::uint8_t>(random() % 8));
      frame.be16(0);
    }
    EXPECT_FALSE(run_bpf(program, frame.view(), static_cast<std::uint32_t>(frame.size())));
  }
  ::pcap_freecode(&compiled);
}

TEST(Bpf, ALoopThatEndsIsRun) {
  // Steps over bytes until it finds a 7.
  const Program program{line(BPF_LDX | BPF_IMM, 0),
                        line(BPF_LD | BPF_B | BPF_IND, 0),
                        line(BPF_JMP | BPF_JEQ | BPF_K, 7, 4),
                        line(BPF_MISC | BPF_TXA),
                        line(BPF_ALU | BPF_ADD | BPF_K, 1),
                        line(BPF_MISC | BPF_TAX),
                        line(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(-6)),
                        line(BPF_RET | BPF_K, 1)};
  EXPECT_TRUE(jumps_backwards(program));
  EXPECT_TRUE(run_bpf(program, base::Bytes{std::byte{1}, std::byte{2}, std::byte{7}}, 3));
  EXPECT_FALSE(run_bpf(program, base::Bytes{std::byte{1}, std::byte{2}}, 2)) << "it reads behind the end";
}

TEST(Bpf, AForwardJumpIsNoLoop) {
  const Program program{line(BPF_JMP | BPF_JA, 0), line(BPF_RET | BPF_K, 1)};
  EXPECT_FALSE(jumps_backwards(program));
  EXPECT_TRUE(run_bpf(program, {}, 0));
}

TEST(Bpf, WhatReadsWhereNothingIsKeepsNothing) {
  const base::Bytes frame(4);
  const bpf_insn keep = line(BPF_RET | BPF_K, 1);
  EXPECT_TRUE(run_bpf(Program{line(BPF_LD | BPF_W | BPF_ABS, 0), keep}, frame, 4));
  EXPECT_FALSE(run_bpf(Program{line(BPF_LD | BPF_W | BPF_ABS, 1), keep}, frame, 100)) << "sent, but not captured";
  EXPECT_FALSE(run_bpf(Program{line(BPF_LD | BPF_B | BPF_ABS, 0xffffffff), keep}, frame, 4));
  EXPECT_FALSE(run_bpf(Program{line(BPF_LD | BPF_MEM, BPF_MEMWORDS), keep}, frame, 4));
  EXPECT_FALSE(run_bpf(Program{line(BPF_ST, BPF_MEMWORDS), keep}, frame, 4));
  EXPECT_FALSE(run_bpf(Program{line(BPF_JMP | BPF_JA, 9), keep}, frame, 4)) << "behind its own end";
  EXPECT_FALSE(run_bpf({}, frame, 4));
}

}  // namespace
}  // namespace superspan::net
