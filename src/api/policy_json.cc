// SPDX-License-Identifier: Apache-2.0
#include "api/policy_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/json_reader.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kExpressionBytes = 65'536;
constexpr std::size_t kNamesMax = 4096;
constexpr std::size_t kTextBytes = 1024;
constexpr std::uint64_t kDurationMax_s = 3'153'600'000;  // a hundred years
constexpr std::uint64_t kSnaplenMax = 262'144;

// Members of Policy that a client may send back as it got them.
constexpr const char* kReadOnly[] = {"number",  "revision", "state",       "why",      "ended_because", "ended",
                                     "created", "residual", "overmatches", "warnings", "epoch",         "destinations"};

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

void read_limits(const json::object& object, const std::string& pointer, store::PolicyText& text,
                 std::vector<base::Error>& errors) {
  JsonReader limits(object, pointer + "/limits", errors);
  text.duration_s = limits.number("duration_s", kDurationMax_s);
  text.packets = limits.number("packets", kJsonIntegerMax);
  text.bytes = limits.number("bytes", kJsonIntegerMax);
  limits.finish();
}

}  // namespace

bool is_policy_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 63 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

NamedText read_policy(const json::object& object, const std::string& pointer, std::vector<base::Error>& errors) {
  JsonReader reader(object, pointer, errors);
  NamedText policy;
  store::PolicyText& text = policy.text;
  policy.name = reader.text("name", kTextBytes);
  reader.require("expression");
  text.expression = reader.text("expression", kExpressionBytes);
  text.taps = reader.names("taps", kNamesMax);
  text.tools = reader.names("tools", kNamesMax);
  text.record = reader.flag("record");
  text.stream = reader.flag("stream");
  if (const auto* limits = reader.object("limits")) read_limits(*limits, pointer, text, errors);
  text.owner = reader.text("owner", kTextBytes);
  text.reason = reader.text("reason", kTextBytes);
  text.ticket = reader.text("ticket", kTextBytes);
  text.snaplen = static_cast<std::uint32_t>(reader.number("snaplen", kSnaplenMax));
  for (const char* key : kReadOnly) reader.ignore(key);
  reader.finish();
  return policy;
}

std::expected<store::PolicyText, std::vector<base::Error>> parse_policy(std::string_view body, std::string_view name) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(std::vector{object.error()});
  std::vector<base::Error> errors;
  NamedText policy = read_policy(*object, "", errors);
  if (object->contains("name") && policy.name != name) {
    errors.push_back({base::ErrorCode::kInvalid,
                      fmt::format("the body names the policy '{}', the path '{}'", policy.name, name),
                      "leave 'name' out or make them equal", "/name", std::nullopt});
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return std::move(policy.text);
}

std::expected<std::vector<NamedText>, std::vector<base::Error>> parse_policies(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(std::vector{object.error()});
  std::vector<base::Error> errors;
  JsonReader reader(*object, "", errors);
  reader.require("policies");
  const auto* list = reader.array("policies", kPoliciesMax);
  reader.finish();
  if (list != nullptr && list->empty()) reader.fail("policies", "there is no policy in it", "name at least one");
  std::vector<NamedText> policies;
  std::set<std::string> names;
  for (std::size_t index = 0; list != nullptr && index < list->size(); ++index) {
    const std::string pointer = fmt::format("/policies/{}", index);
    if (!(*list)[index].is_object()) {
      errors.push_back(
          {base::ErrorCode::kInvalid, "a policy must be an object", "write {\"name\": ..., ...}", pointer, {}});
      continue;
    }
    policies.push_back(read_policy((*list)[index].get_object(), pointer, errors));
    const std::string& name = policies.back().name;
    if (!is_policy_name(name)) {
      errors.push_back(wrong_name(name, pointer + "/name"));
    } else if (!names.insert(name).second) {
      errors.push_back({base::ErrorCode::kInvalid,
                        fmt::format("policy '{}' stands here twice", name),
                        "keep one",
                        pointer + "/name",
                        {}});
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return policies;
}

base::Error wrong_name(std::string_view name, std::string place) {
  return {base::ErrorCode::kInvalid,
          fmt::format("'{}' is no policy name", name),
          "write a-z, 0-9, '.', '_' or '-', beginning with a letter or digit, at most 63 characters",
          std::move(place),
          {}};
}

json::object policy_json(const PolicyDocument& policy) {
  const store::Policy& stored = policy.stored;
  const store::PolicyText& text = stored.text;
  return {{"name", stored.name},
          {"expression", text.expression},
          {"taps", array_of(text.taps)},
          {"tools", array_of(text.tools)},
          {"record", text.record},
          {"stream", text.stream},
          {"limits", {{"duration_s", text.duration_s}, {"packets", text.packets}, {"bytes", text.bytes}}},
          {"owner", text.owner},
          {"reason", text.reason},
          {"ticket", text.ticket},
          {"snaplen", text.snaplen},
          {"number", stored.number},
          {"revision", stored.revision},
          {"state", policy.state},
          {"why", policy.why},
          {"ended_because", stored.ended_because},
          {"ended", stored.ended ? time_text(stored.ended_at) : ""},
          {"created", time_text(stored.created)},
          {"epoch", stored.from_epoch},
          {"residual", policy.residual},
          {"overmatches", array_of(policy.overmatches)},
          {"warnings", array_of(policy.warnings)},
          {"destinations", array_of(policy.destinations)}};
}

std::string time_text(base::WallTime time) {
  const auto count = time.time_since_epoch().count();
  const auto seconds = static_cast<std::time_t>(count / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(seconds), count % 1'000'000'000);
}

}  // namespace superspan::api
