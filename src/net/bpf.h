// SPDX-License-Identifier: Apache-2.0
// Classic BPF: the filter machine of McCanne and Jacobson, "The BSD Packet Filter: A New Architecture for User-level
// Packet Capture" (USENIX Winter 1993), with the instructions that libpcap's pcap_compile() writes for an expression of
// pcap-filter(7). It has an accumulator, an index register and 16 words of memory, all 0 at first.
//
// It stands beside libpcap's own bpf_filter(), which is faster, for the programs that jump backwards. pcap_compile()
// makes such for `protochain`, and bpf_filter() never returns from them when the headers of a frame point at each
// other: anyone who can send a frame could stop the one who asks. This machine ends as soon as it comes back to a state
// that it was in.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace superspan::net {

[[nodiscard]] bool jumps_backwards(std::span<const bpf_insn> program);

// True if the program keeps the frame, of which `frame` was captured and `wire_bytes` were sent. A program that goes on
// and on, or that reads where nothing is (behind the captured bytes, its memory or its own end), keeps nothing.
[[nodiscard]] bool run_bpf(std::span<const bpf_insn> program, base::BytesView frame, std::uint32_t wire_bytes);

}  // namespace superspan::net
