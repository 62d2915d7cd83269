// SPDX-License-Identifier: Apache-2.0
#include "node/assignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <set>
#include <utility>

#include "node/json_object.h"

namespace superspan::node {
namespace {

constexpr std::size_t kTapsMax = 65536;
constexpr std::size_t kPoliciesMax = 4096;
constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kExpressionBytesMax = 65536;
constexpr std::size_t kNameBytesMax = 63;
constexpr std::size_t kDepthMax = 32;
constexpr std::uint64_t k24Bits = 0xffffff;
constexpr std::uint64_t k32Bits = 0xffffffff;

bool is_name(std::string_view text) {
  const auto letter = [](char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'); };
  const auto later = [&](char byte) { return letter(byte) || byte == '.' || byte == '_' || byte == '-'; };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, later);
}

base::Result<AssignedTap> parse_tap(const boost::json::value& value, std::string pointer) {
  JsonObject object(value, std::move(pointer));
  AssignedTap tap;
  tap.id = static_cast<std::uint32_t>(object.number("id", k32Bits));
  tap.name = object.text("name", kTextBytesMax);
  tap.description = object.text_or_empty("description", kTextBytesMax);
  if (auto status = object.finish(); !status) return std::unexpected(status.error());
  return tap;
}

base::Status parse_limits(const boost::json::value& value, std::string pointer, AssignedPolicy& policy) {
  JsonObject object(value, std::move(pointer));
  policy.limit_packets = object.number_or("packets", 0);
  policy.limit_bytes = object.number_or("bytes", 0);
  object.number_or("duration_s", 0);  // the controller ends a policy by time
  return object.finish();
}

bool only_a_number(const boost::json::value& value) {
  return value.is_object() && value.get_object().size() == 1 && value.get_object().contains("number");
}

base::Result<AssignedPolicy> kept_policy(const boost::json::value& value, std::string pointer, const Assignment& base) {
  JsonObject object(value, std::move(pointer));
  const std::uint64_t number = object.number("number", k24Bits);
  const auto found = std::ranges::find(base.policies, number, &AssignedPolicy::number);
  if (found == base.policies.end()) {
    object.fail("number", fmt::format("revision {} has no policy {}", base.revision, number), "send all of the policy");
  }
  if (auto status = object.finish(); !status) return std::unexpected(status.error());
  return *found;
}

base::Result<AssignedPolicy> parse_policy(const boost::json::value& value, std::string pointer,
                                          const Assignment* base) {
  if (base != nullptr && only_a_number(value)) return kept_policy(value, std::move(pointer), *base);
  JsonObject object(value, std::move(pointer));
  AssignedPolicy policy;
  policy.name = object.text("name", kNameBytesMax);
  policy.number = static_cast<std::uint32_t>(object.number("number", k24Bits));
  policy.service_path = static_cast<std::uint32_t>(object.number("service_path", k24Bits));
  policy.bit = static_cast<std::uint32_t>(object.number("bit", 63));
  policy.from_epoch = static_cast<std::uint32_t>(object.number("from_epoch", k32Bits));
  policy.expression = object.text("expression", kExpressionBytesMax);
  policy.residual = object.text_or_empty("residual", kExpressionBytesMax);
  policy.record = object.flag_or("record", false);
  policy.stream = object.flag_or("stream", false);
  policy.snaplen = static_cast<std::uint32_t>(object.number_or("snaplen", 0, k32Bits));
  policy.owner = object.text_or_empty("owner", kTextBytesMax);
  policy.reason = object.text_or_empty("reason", kTextBytesMax);
  policy.ticket = object.text_or_empty("ticket", kTextBytesMax);
  policy.created = object.text_or_empty("created", kTextBytesMax);
  const boost::json::value* limits = object.object_or_null("limits");
  if (!is_name(policy.name)) {
    object.fail("name", fmt::format("'{}' is not a policy name", policy.name),
                "write a-z, 0-9, '.', '_' or '-', beginning with a letter or digit, at most 63");
  }
  if (auto status = object.finish(); !status) return std::unexpected(status.error());
  if (limits == nullptr) return policy;
  if (auto status = parse_limits(*limits, object.pointer() + "/limits", policy); !status) {
    return std::unexpected(status.error());
  }
  return policy;
}

std::unexpected<base::Error> twice(std::string place, const std::string& what) {
  return base::fail(base::ErrorCode::kInvalid, what + " is there twice", "", std::move(place));
}

base::Status check_unique(const Assignment& assignment) {
  std::set<std::uint32_t> taps;
  for (std::size_t index = 0; index < assignment.taps.size(); ++index) {
    if (taps.insert(assignment.taps[index].id).second) continue;
    return twice(fmt::format("/taps/{}/id", index), fmt::format("tap {}", assignment.taps[index].id));
  }
  std::set<std::string_view> names;
  std::set<std::uint32_t> numbers;
  std::set<std::pair<std::uint32_t, std::uint32_t>> bits;
  for (std::size_t index = 0; index < assignment.policies.size(); ++index) {
    const AssignedPolicy& policy = assignment.policies[index];
    const std::string place = fmt::format("/policies/{}", index);
    if (!names.insert(policy.name).second) return twice(place + "/name", fmt::format("policy '{}'", policy.name));
    if (!numbers.insert(policy.number).second) return twice(place + "/number", fmt::format("number {}", policy.number));
    if (!bits.insert({policy.service_path, policy.bit}).second) {
      return twice(place + "/bit", fmt::format("bit {} of service path {}", policy.bit, policy.service_path));
    }
  }
  return {};
}

base::Result<boost::json::value> parse_json(std::string_view json) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({json.data(), json.size()}, error, {}, options);
  if (error) {
    return base::fail(base::ErrorCode::kInvalid, "not JSON: " + error.message(), "send one JSON object as the body");
  }
  return value;
}

// The assignment that `as_in` names; null if there is none.
base::Result<const Assignment*> base_of(const Assignment& assignment, std::uint64_t as_in, const Assignment* in_force) {
  if (as_in == 0) return nullptr;
  if (in_force != nullptr && in_force->controller == assignment.controller && in_force->revision == as_in) {
    return in_force;
  }
  return base::fail(base::ErrorCode::kConflict, fmt::format("revision {} is not in force here", as_in),
                    "send the whole assignment", "/as_in");
}

base::Status parse_taps(const boost::json::value& taps, Assignment& assignment) {
  for (std::size_t index = 0; index < taps.get_array().size(); ++index) {
    auto tap = parse_tap(taps.get_array()[index], fmt::format("/taps/{}", index));
    if (!tap) return std::unexpected(tap.error());
    assignment.taps.push_back(std::move(*tap));
  }
  return {};
}

base::Status parse_policies(const boost::json::value& policies, const Assignment* base, Assignment& assignment) {
  for (std::size_t index = 0; index < policies.get_array().size(); ++index) {
    auto policy = parse_policy(policies.get_array()[index], fmt::format("/policies/{}", index), base);
    if (!policy) return std::unexpected(policy.error());
    assignment.policies.push_back(std::move(*policy));
  }
  return {};
}

}  // namespace

base::Result<Assignment> parse_assignment(std::string_view json, const Assignment* in_force) {
  const auto document = parse_json(json);
  if (!document) return std::unexpected(document.error());
  JsonObject object(*document, "");
  Assignment assignment;
  assignment.controller = object.text("controller", kNameBytesMax);
  assignment.revision = object.number("revision");
  assignment.epoch = static_cast<std::uint32_t>(object.number("epoch", k32Bits));
  const std::uint64_t as_in = object.number_or("as_in", 0);
  const bool taps_are_kept = as_in != 0 && document->is_object() && !document->get_object().contains("taps");
  const boost::json::value* taps = taps_are_kept ? nullptr : object.array("taps", kTapsMax);
  const boost::json::value* policies = object.array("policies", kPoliciesMax);
  if (assignment.controller.empty()) {
    object.fail("controller", "'controller' is empty", "send a random text that is made when the controller starts");
  }
  if (auto status = object.finish(); !status) return std::unexpected(status.error());
  const auto base = base_of(assignment, as_in, in_force);
  if (!base) return std::unexpected(base.error());
  if (taps_are_kept) assignment.taps = (*base)->taps;
  if (auto status = taps_are_kept ? base::Status{} : parse_taps(*taps, assignment); !status) {
    return std::unexpected(status.error());
  }
  if (auto status = parse_policies(*policies, *base, assignment); !status) return std::unexpected(status.error());
  if (auto status = check_unique(assignment); !status) return std::unexpected(status.error());
  return assignment;
}

}  // namespace superspan::node
