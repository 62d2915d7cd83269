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

[[nodiscard]] base::Error wrong_name(std::string_view name, std::string place);
[[nodiscard]] bool is_policy_name(std::string_view name);  // [a-z0-9][a-z0-9._-]{0,62}

// A policy that came as JSON; errors are placed below `pointer`. Reads `name` as well: "" if there is none.
struct NamedText {
  std::string name;
  store::PolicyText text;
};
[[nodiscard]] NamedText read_policy(const boost::json::object& object, const std::string& pointer,
                                    std::vector<base::Error>& errors);
// The body of PUT /v1/policies/{name}. At least one error if it is not right.
[[nodiscard]] std::expected<store::PolicyText, std::vector<base::Error>> parse_policy(std::string_view body,
                                                                                      std::string_view name);
// The body of POST /v1/policies:apply: at least one policy, at most kPoliciesMax, with names that differ.
inline constexpr std::size_t kPoliciesMax = 1000;
[[nodiscard]] std::expected<std::vector<NamedText>, std::vector<base::Error>> parse_policies(std::string_view body);
[[nodiscard]] boost::json::object policy_json(const PolicyDocument& policy);

// RFC 3339 in UTC with nanoseconds: "2026-11-21T09:06:40.000000000Z".
[[nodiscard]] std::string time_text(base::WallTime time);

}  // namespace superspan::api
