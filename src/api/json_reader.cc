// SPDX-License-Identifier: Apache-2.0
#include "api/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/json_duplicates.h"
#include "base/nearest.h"

namespace superspan::api {
namespace {

namespace json = boost::json;
using base::ErrorCode;

// As much of a body as an error shows around the place.
constexpr std::size_t kShownBytes = 200;

base::SourceMark mark_at(std::string_view body, std::size_t offset) {
  const std::size_t begin = offset > kShownBytes ? offset - kShownBytes : 0;
  const std::string text(body.substr(begin, 2 * kShownBytes));
  return {text, std::min(offset - begin, text.size()), std::min(offset - begin + 1, text.size())};
}

}  // namespace

base::Result<json::object> parse_object(std::string_view body) {
  constexpr const char* kHint = "send one JSON object";
  if (body.empty()) return base::fail(ErrorCode::kInvalid, "the request has no body", kHint);
  json::parse_options options;
  options.max_depth = kJsonDepth;
  json::stream_parser parser({}, options);
  boost::system::error_code broken;
  const std::size_t used = parser.write_some(body.data(), body.size(), broken);
  if (!broken && body.find_first_not_of(" \t\r\n", used) != std::string_view::npos) broken = json::error::extra_data;
  if (!broken) parser.finish(broken);
  if (broken) {
    return std::unexpected(
        base::Error{ErrorCode::kInvalid, "the body is no JSON: " + broken.message(), kHint, "", mark_at(body, used)});
  }
  json::value value = parser.release();
  if (!value.is_object()) return base::fail(ErrorCode::kInvalid, "the body is no JSON object", kHint);
  if (const auto twice = duplicate_key(body)) {
    const std::string key = twice->substr(twice->rfind('/') + 1);
    return base::fail(ErrorCode::kInvalid, fmt::format("'{}' stands here twice", key), "keep one", *twice);
  }
  return std::move(value.get_object());
}

JsonReader::JsonReader(const json::object& object, std::string pointer, std::vector<base::Error>& errors)
    : object_(object), pointer_(std::move(pointer)), errors_(errors) {}

void JsonReader::fail(std::string_view key, std::string message, std::string hint) {
  errors_.push_back({ErrorCode::kInvalid, std::move(message), std::move(hint), pointer_ + "/" + pointer_step(key), {}});
}

const json::value* JsonReader::find(std::string_view key) {
  known_.emplace_back(key);
  return object_.if_contains(key);
}

void JsonReader::require(std::string_view key) {
  if (object_.contains(key)) return;
  fail(key, fmt::format("'{}' is missing", key), "");
}

std::string JsonReader::text(std::string_view key, std::size_t bytes_max) {
  const auto* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    fail(key, fmt::format("'{}' must be a string", key), "put it in double quotes");
  } else if (value->get_string().size() > bytes_max) {
    fail(key, fmt::format("'{}' is longer than {} bytes", key, bytes_max), "shorten it");
  } else if (std::string_view(value->get_string()).find('\0') != std::string_view::npos) {
    fail(key, fmt::format("'{}' contains a NUL character", key), "remove it");
  } else {
    return std::string(value->get_string());
  }
  return {};
}

bool JsonReader::flag(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  fail(key, fmt::format("'{}' must be true or false", key), "");
  return false;
}

std::uint64_t JsonReader::number(std::string_view key, std::uint64_t max) {
  const auto* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_int64() && value->get_int64() >= 0 && static_cast<std::uint64_t>(value->get_int64()) <= max) {
    return static_cast<std::uint64_t>(value->get_int64());
  }
  fail(key, fmt::format("'{}' must be a whole number from 0 to {}", key, max), "");
  return 0;
}

std::vector<std::string> JsonReader::names(std::string_view key, std::size_t count_max) {
  const auto* value = find(key);
  if (value == nullptr) return {};
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  if (!value->is_array() || value->get_array().size() > count_max) {
    fail(key, fmt::format("'{}' must be a list of at most {} names", key, count_max), "for example [\"a\", \"b\"]");
    return {};
  }
  for (const auto& item : value->get_array()) {
    const std::string where = fmt::format("{}/{}", key, names.size());
    if (!item.is_string()) {
      errors_.push_back({ErrorCode::kInvalid,
                         fmt::format("'{}' holds something that is no string", key),
                         "put it in double quotes",
                         pointer_ + "/" + where,
                         {}});
      return {};
    }
    names.emplace_back(item.get_string());
    if (seen.insert(item.get_string()).second) continue;
    errors_.push_back({ErrorCode::kInvalid,
                       fmt::format("'{}' is named twice", names.back()),
                       "name it once",
                       pointer_ + "/" + where,
                       {}});
  }
  return names;
}

const json::object* JsonReader::object(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return &value->get_object();
  fail(key, fmt::format("'{}' must be an object", key), "for example {\"duration_s\": 900}");
  return nullptr;
}

const json::array* JsonReader::array(std::string_view key, std::size_t count_max) {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_array() && value->get_array().size() <= count_max) return &value->get_array();
  fail(key, fmt::format("'{}' must be a list of at most {}", key, count_max),
       "send several requests if there are more");
  return nullptr;
}

void JsonReader::ignore(std::string_view key) {
  known_.emplace_back(key);
}

void JsonReader::finish() {
  for (const auto& [key, value] : object_) {
    if (std::ranges::find(known_, std::string_view(key)) != known_.end()) continue;
    const std::string close = base::did_you_mean(key, known_);
    fail(key, fmt::format("unknown key '{}'", std::string_view(key)),
         close.empty() ? fmt::format("known are {}", fmt::join(known_, ", ")) : close);
  }
}

}  // namespace superspan::api
