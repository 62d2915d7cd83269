// SPDX-License-Identifier: Apache-2.0
// Any bytes as a policy test: an error with a message, a place in the text and a hint, or a test whose checks fit to
// its policies.
#include <cstdlib>
#include <string_view>

#include "offline/policytest/parser.h"

namespace {

using superspan::offline::kExpressionsMax;
namespace policytest = superspan::offline::policytest;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const policytest::PolicyTest& test) {
  require(!test.policies.empty() && test.policies.size() <= kExpressionsMax && !test.checks.empty());
  for (const policytest::Check& one : test.checks) {
    require(one.line > 0 && !one.statement.empty());
    for (std::size_t index = test.policies.size(); index < kExpressionsMax; ++index) require(!one.relevant.test(index));
    if (const auto* packet = std::get_if<policytest::PacketCheck>(&one.what)) {
      require((packet->expected & ~one.relevant).none());
      require(packet->frame.bytes.size() <= packet->frame.original_length);
    } else {
      require(std::get<policytest::CaptureCheck>(one.what).counts.size() == test.policies.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto test = policytest::parse(text, "fuzz");
  if (test) {
    check(*test);
    return 0;
  }
  const superspan::base::Error& error = test.error();
  require(!error.message.empty() && !error.hint.empty());
  require(error.mark && error.mark->begin <= error.mark->end && error.mark->end <= size);
  (void)superspan::base::render(error);
  return 0;
}
