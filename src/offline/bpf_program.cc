// SPDX-License-Identifier: Apache-2.0
#include "offline/bpf_program.h"

#include <pcap/pcap.h>

#include <span>
#include <utility>

#include "net/bpf.h"
#include "policy/pipeline.h"
#include "policy/resolve/canonical.h"

namespace superspan::offline {
namespace {

std::span<const bpf_insn> instructions(const bpf_program& code) {
  return {code.bf_insns, code.bf_len};
}

}  // namespace

BpfProgram::BpfProgram(std::shared_ptr<bpf_program> code)
    : code_(std::move(code)), loops_(net::jumps_backwards(instructions(*code_))) {}

base::Result<BpfProgram> BpfProgram::compile(const std::string& text) {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(::pcap_open_dead(DLT_EN10MB, 262'144), ::pcap_close);
  if (!handle) return base::fail(base::ErrorCode::kInternal, "libpcap has no memory");
  const std::shared_ptr<bpf_program> code(new bpf_program{}, [](bpf_program* owned) {
    ::pcap_freecode(owned);
    delete owned;
  });
  if (::pcap_compile(handle.get(), code.get(), text.c_str(), 0, PCAP_NETMASK_UNKNOWN) != 0) {
    return base::fail(base::ErrorCode::kInvalid, std::string("libpcap refuses it: ") + ::pcap_geterr(handle.get()),
                      "use --engine reference", "expression");
  }
  return BpfProgram(code);
}

base::Result<BpfProgram> BpfProgram::from_expression(const std::string& expression, const policy::Names* names) {
  const auto resolved = policy::read(expression, names);
  if (!resolved) return std::unexpected(resolved.error());
  return from_residual({policy::resolve::canonical(*resolved), !resolved->own});
}

base::Result<BpfProgram> BpfProgram::from_residual(const policy::Residual& residual) {
  if (residual.libpcap) return compile(residual.expression);
  auto evaluator = policy::Evaluator::from_residual(residual.expression);
  if (!evaluator) return std::unexpected(evaluator.error());
  return BpfProgram(std::move(*evaluator));
}

bool BpfProgram::matches(const Frame& frame) const {
  if (own_) return own_->answer(frame.bytes, frame.original_length).keeps;
  if (loops_) return net::run_bpf(instructions(*code_), frame.bytes, frame.original_length);
  // bpf_filter reads no byte behind the captured ones; u_char is how libpcap spells bytes.
  return ::bpf_filter(code_->bf_insns, static_cast<const u_char*>(static_cast<const void*>(frame.bytes.data())),
                      frame.original_length, static_cast<bpf_u_int32>(frame.bytes.size())) != 0;
}

}  // namespace superspan::offline
