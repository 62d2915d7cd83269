// SPDX-License-Identifier: Apache-2.0
// If-Match and If-None-Match of a change (RFC 9110, section 13.1). The entity tag of a policy is its number and
// revision, "17.2": a policy that was made again begins with revision 1, but has another number.
#pragma once

#include <string>

#include "api/controller.h"
#include "http/message.h"

namespace superspan::api {

// `If-None-Match: *`, `If-Match: *` and `If-Match: "NUMBER.REVISION"`. kInvalid for anything else, with the header as
// place.
[[nodiscard]] base::Result<Controller::Precondition> precondition_of(const http::Request& request);

[[nodiscard]] std::string entity_tag(const store::Policy& policy);

// 412 if a precondition did not hold, else what the first error says. `errors` is not empty.
[[nodiscard]] http::Response refusal(const std::vector<base::Error>& errors);

}  // namespace superspan::api
