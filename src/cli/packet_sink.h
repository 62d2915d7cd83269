// SPDX-License-Identifier: Apache-2.0
// Where captured packets go: a file, standard output (a pipe into another program), or lines for a person.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/terminal.h"

namespace superspan::cli {

class PacketSink {
 public:
  virtual ~PacketSink() = default;

  // Takes whole pcapng blocks. False if the reader has gone away, which is not an error: nobody wants more. kInternal
  // if the bytes cannot be written (disk full).
  [[nodiscard]] virtual base::Result<bool> write(base::BytesView blocks) = 0;
  // True if nobody reads any more, known also while nothing is written.
  [[nodiscard]] virtual bool reader_gone() = 0;
  // After the last write: what is buffered gets out; waits for the program that prints.
  [[nodiscard]] virtual base::Status close() = 0;
  // Where it goes, for people: "dns.pcapng", "standard output", "the terminal".
  [[nodiscard]] virtual std::string name() const = 0;
  // True if the terminal is taken by packets, so that progress must not be drawn on it.
  [[nodiscard]] virtual bool draws() const { return false; }
};

// `target` is the value of -w: a file, "-" for standard output, or empty for "lines if standard output is a terminal,
// else standard output". kInvalid for binary packets on a terminal, kDenied or kNotFound for files.
[[nodiscard]] base::Result<std::unique_ptr<PacketSink>> open_sink(const std::string& target, Terminal& terminal);

}  // namespace superspan::cli
