// SPDX-License-Identifier: Apache-2.0
// libpcap as the oracle: its compiler and its interpreter, for captures of Ethernet, as `tcpdump -r` uses them.
#pragma once

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "net/bpf.h"

namespace superspan::policy::testing {

// An empty capture: some words are understood on interfaces, but not in captures.
inline pcap_t* empty_capture() {
  static pcap_t* const capture = [] {
    static std::array<std::uint32_t, 6> header{0xa1b2c3d4, 4U << 16 | 2, 0, 0, 262'144, DLT_EN10MB};
    char error[PCAP_ERRBUF_SIZE] = {};
    return pcap_fopen_offline(fmemopen(header.data(), sizeof(header), "rb"), error);
  }();
  return capture;
}

class PcapFilter {
 public:
  // Nothing if libpcap refuses the text; `error` then says why.
  static std::optional<PcapFilter> create(const std::string& expression, bool optimize, std::string* error = nullptr) {
    bpf_program program{};
    constexpr bpf_u_int32 kNetmaskOfTcpdump = 0;
    if (pcap_compile(empty_capture(), &program, expression.c_str(), optimize ? 1 : 0, kNetmaskOfTcpdump) != 0) {
      if (error != nullptr) *error = pcap_geterr(empty_capture());
      return std::nullopt;
    }
    return PcapFilter(program);
  }

  bool matches(base::BytesView frame) const { return matches(frame, static_cast<bpf_u_int32>(frame.size())); }
  // A program that never ends keeps nothing.
  bool matches(base::BytesView frame, std::uint32_t wire_bytes) const {
    if (loops_) return net::run_bpf(code(), frame, wire_bytes);
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(frame.size());
    header.len = wire_bytes;
    return pcap_offline_filter(program_.get(), &header,
                               static_cast<const u_char*>(static_cast<const void*>(frame.data()))) != 0;
  }

  // The two programs are the same, instruction by instruction.
  bool same_code(const PcapFilter& other) const {
    return std::ranges::equal(code(), other.code(), [](const bpf_insn& left, const bpf_insn& right) {
      return left.code == right.code && left.jt == right.jt && left.jf == right.jf && left.k == right.k;
    });
  }

 private:
  std::span<const bpf_insn> code() const { return {program_->bf_insns, program_->bf_len}; }
  explicit PcapFilter(const bpf_program& program)
      : program_(new bpf_program(program),
                 [](bpf_program* owned) {
                   pcap_freecode(owned);
                   delete owned;
                 }),
        loops_(net::jumps_backwards(code())) {}
  std::shared_ptr<bpf_program> program_;
  bool loops_;
};

}  // namespace superspan::policy::testing
