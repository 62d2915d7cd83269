// SPDX-License-Identifier: Apache-2.0
// Classic BPF with a step limit, for the programs that jump backwards. libpcap makes such for `protochain`, and its own
// interpreter never returns from them when a frame's headers point at each other: anyone who can send a frame could
// stop a node.
#pragma once

#include <pcap/pcap.h>

#include <span>

#include "base/bytes.h"

namespace superspan::node {

[[nodiscard]] bool jumps_backwards(std::span<const bpf_insn> program);

// For a program that pcap_compile() made and a whole frame. A program that goes on and on keeps nothing.
[[nodiscard]] bool run_looping_bpf(std::span<const bpf_insn> program, base::BytesView frame);

}  // namespace superspan::node
