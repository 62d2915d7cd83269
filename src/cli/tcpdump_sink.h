// SPDX-License-Identifier: Apache-2.0
// Packets as the lines that tcpdump prints: `tcpdump -l -n -r -` reads them from a pipe and writes to the terminal.
#pragma once

#include <memory>

#include "cli/packet_sink.h"

namespace superspan::cli {

// Null if tcpdump is not installed.
[[nodiscard]] std::unique_ptr<PacketSink> start_tcpdump(const Terminal& terminal);

// Writes everything, also after short writes. False if the reader has gone or the person asked twice to leave.
[[nodiscard]] base::Result<bool> write_all(int fd, base::BytesView bytes, const std::string& name);
// True if `fd` is the writing end of a pipe or socket whose reader has gone.
[[nodiscard]] bool nobody_reads(int fd);

}  // namespace superspan::cli
