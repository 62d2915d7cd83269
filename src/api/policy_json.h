// SPDX-License-Identifier: Apache-2.0
// A policy as JSON, both ways; the schemas Policy and PolicyText of openapi.yaml.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace superspan::api {

// What is told of a policy.
struct PolicyDocument {
  store::Policy stored;
  std::string state;  // "pending", "active", "ended", "failed"
  std::string why;
  bool moving = false;  // pending, and what it waits for is under way; not part of the JSON
  std::string residual;
  std::vector<std::string> overmatches;
  std::vector<std::string> warnings;
  std::vector<std::string> destinations;
};

[[nodiscard]] bool is_policy_name(std::string_view name);  // [a-z0-9][a-z0-9._-]{0,62}

// The body of PUT /v1/policies/{name}. At least one error if it is not right.
[[nodiscard]] std::expected<store::PolicyText, std::vector<base::Error>> parse_policy(std::string_view body,
                                                                                      std::string_view name);
[[nodiscard]] boost::json::object policy_json(const PolicyDocument& policy);

// RFC 3339 in UTC with nanoseconds: "2026-11-21T09:06:40.000000000Z".
[[nodiscard]] std::string time_text(base::WallTime time);

}  // namespace superspan::api
