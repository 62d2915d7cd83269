// SPDX-License-Identifier: Apache-2.0
#include "node/residual.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "net/bpf.h"
#include "node/residual_words.h"
#include "policy/evaluate.h"
#include "policy/parse/keywords.h"

namespace superspan::node {
namespace {

constexpr int kSnaplen = 262144;

}  // namespace

struct Residual::Program {
  bpf_program code{};
  bool loops = false;
  std::optional<policy::Evaluator> evaluator;  // instead of `code`
  [[nodiscard]] std::span<const bpf_insn> instructions() const { return {code.bf_insns, code.bf_len}; }
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { ::pcap_freecode(&code); }
};

Residual::Residual(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Residual::Residual(Residual&&) noexcept = default;
Residual& Residual::operator=(Residual&&) noexcept = default;
Residual::~Residual() = default;

base::Result<Residual> Residual::compile(const std::string& text) {
  if (text.empty()) return Residual(nullptr);
  const auto name = first_name(text);
  if (name && std::ranges::find(policy::parse::own_words(), *name) != policy::parse::own_words().end()) {
    auto evaluator = policy::Evaluator::from_residual(text);
    if (!evaluator) {
      base::Error error = evaluator.error();
      error.message = "residual: " + error.message;
      error.place = "residual";
      return std::unexpected(std::move(error));
    }
    auto program = std::make_unique<Program>();
    program->evaluator = std::move(*evaluator);
    return Residual(std::move(program));
  }
  if (name) {
    return base::fail(base::ErrorCode::kInvalid, "residual: '" + std::string(*name) + "' is a name or an unknown word",
                      "write keywords, numbers and addresses; a node asks nobody what a name means", "residual");
  }
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(::pcap_open_dead(DLT_EN10MB, kSnaplen), ::pcap_close);
  if (!handle) return base::fail(base::ErrorCode::kInternal, "libpcap has no memory");
  auto program = std::make_unique<Program>();
  // Not optimised: libpcap 1.10's optimiser refuses what can never match, and gets a few expressions wrong.
  if (::pcap_compile(handle.get(), &program->code, text.c_str(), 0, PCAP_NETMASK_UNKNOWN) != 0) {
    return base::fail(base::ErrorCode::kInvalid, std::string("residual: ") + ::pcap_geterr(handle.get()),
                      "a residual is a pcap-filter(7) expression with numbers and addresses only", "residual");
  }
  program->loops = net::jumps_backwards(program->instructions());
  return Residual(std::move(program));
}

bool Residual::matches(base::BytesView frame, std::uint32_t tap) const {
  if (!program_) return true;
  if (program_->evaluator) {
    return program_->evaluator->answer(frame, static_cast<std::uint32_t>(frame.size()), tap).keeps;
  }
  const auto length = static_cast<bpf_u_int32>(frame.size());
  if (program_->loops) return net::run_bpf(program_->instructions(), frame, length);
  // bpf_filter reads no byte past `length`; u_char is how libpcap spells bytes.
  return ::bpf_filter(program_->code.bf_insns, reinterpret_cast<const u_char*>(frame.data()), length, length) != 0;
}

}  // namespace superspan::node
