// SPDX-License-Identifier: Apache-2.0
// The part of an expression that no switch could match, as classic BPF made by libpcap (pcap-filter(7)) for Ethernet
// frames. matches() says what pcap_offline_filter() of the same text says, and says no where that would never return
// (see net/bpf.h).
#pragma once

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

  // For a whole frame, not a cut one. Never allocates; several threads may ask at once.
  [[nodiscard]] bool matches(base::BytesView frame) const;

 private:
  struct Program;
  explicit Residual(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;  // null: accepts everything
};

}  // namespace superspan::node
