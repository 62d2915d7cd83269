// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of `PUT /v1/assignment`, and what it says as residuals for libpcap.
#include <cstdlib>

#include "node/assignment.h"
#include "node/residual.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = superspan::node::parse_assignment({static_cast<const char*>(static_cast<const void*>(data)), size});
  if (!read) {
    if (read.error().message.empty() || read.error().code != superspan::base::ErrorCode::kInvalid) std::abort();
    return 0;
  }
  for (const auto& policy : read->policies) {
    const auto residual = superspan::node::Residual::compile(policy.residual);
    if (residual) (void)residual->matches({});
    if (policy.name.empty() || policy.name.find('/') != std::string::npos || policy.bit > 63) std::abort();
  }
  return 0;
}
