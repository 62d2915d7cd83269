// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of PUT /v1/policies/{name} and /v1/nodes/{name}: accepted, or at least one error with a
// message; what was accepted is accepted again after a trip through JSON.
#include <cstdlib>

#include "api/node_directory.h"
#include "api/policy_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = superspan::api;
  const std::string body(data, data + size);
  const auto policy = api::parse_policy(body, "web");
  if (!policy && (policy.error().empty() || policy.error().front().message.empty())) std::abort();
  if (policy) {
    api::PolicyDocument document;
    document.stored.name = "web";
    document.stored.text = *policy;
    const auto again = api::parse_policy(boost::json::serialize(api::policy_json(document)), "web");
    if (!again || *again != *policy) std::abort();
  }
  const auto registration = api::parse_registration(body);
  if (!registration && registration.error().empty()) std::abort();
  return 0;
}
