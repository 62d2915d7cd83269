// SPDX-License-Identifier: Apache-2.0
// libpcap as the oracle: its compiler and its interpreter, for Ethernet.
#pragma once

#include <pcap/pcap.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"

namespace superspan::policy::testing {

class PcapFilter {
 public:
  // Nothing if libpcap refuses the text; `error` then says why.
  static std::optional<PcapFilter> create(const std::string& expression, bool optimize, std::string* error = nullptr) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(DLT_EN10MB, 262'144), &pcap_close);
    bpf_program program{};
    if (pcap_compile(handle.get(), &program, expression.c_str(), optimize ? 1 : 0, PCAP_NETMASK_UNKNOWN) != 0) {
      if (error != nullptr) *error = pcap_geterr(handle.get());
      return std::nullopt;
    }
    return PcapFilter(program);
  }

  bool matches(base::BytesView frame) const {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
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
      : program_(new bpf_program(program), [](bpf_program* owned) {
          pcap_freecode(owned);
          delete owned;
        }) {}
  std::shared_ptr<bpf_program> program_;
};

}  // namespace superspan::policy::testing
