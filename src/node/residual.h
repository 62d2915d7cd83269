// SPDX-License-Identifier: Apache-2.0
// The part of an expression that no switch could match: as classic BPF made by libpcap (pcap-filter(7)) for Ethernet
// frames, or, if it has words of superspan, by the reference evaluator. For libpcap, matches() says what
// pcap_offline_filter() of the same text says, and says no where that would never return (see net/bpf.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::node {

class Residual {
 public:
  // An empty text accepts every frame. kInvalid for a text with a name in it, which libpcap would look up
  // (residual_words.h; the controller has put numbers for all names), and with libpcap's words for other nonsense.
  [[nodiscard]] static base::Result<Residual> compile(const std::string& text);
  Residual(const Residual&) = delete;
  Residual& operator=(const Residual&) = delete;
  Residual(Residual&&) noexcept;
  Residual& operator=(Residual&&) noexcept;
  ~Residual();

  // For a whole frame, not a cut one, that this tap has copied (0: none). Never allocates; several threads may ask at
  // once.
  [[nodiscard]] bool matches(base::BytesView frame, std::uint32_t tap = 0) const;

 private:
  struct Program;
  explicit Residual(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;  // null: accepts everything
};

}  // namespace superspan::node
