// SPDX-License-Identifier: Apache-2.0
#include "node/json_object.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

namespace superspan::node {

JsonObject::JsonObject(const boost::json::value& value, std::string pointer)
    : object_(value.if_object()), pointer_(std::move(pointer)) {
  if (object_ == nullptr) {
    error_ = base::Error{base::ErrorCode::kInvalid, "not a JSON object", "write {\"key\": value, ...}", pointer_, {}};
  }
}

void JsonObject::fail(std::string_view key, std::string message, std::string hint) {
  if (error_) return;
  error_ = base::Error{
      base::ErrorCode::kInvalid, std::move(message), std::move(hint), fmt::format("{}/{}", pointer_, key), {}};
}

const boost::json::value* JsonObject::find(std::string_view key, bool required) {
  known_.push_back(key);
  if (object_ == nullptr) return nullptr;
  const boost::json::value* value = object_->if_contains(key);
  if (value == nullptr && required) fail(key, fmt::format("'{}' is missing", key), "");
  return value;
}

std::uint64_t JsonObject::number(std::string_view key, std::uint64_t most) {
  const boost::json::value* value = find(key, true);
  if (value == nullptr) return 0;
  const bool fits = (value->is_int64() && value->get_int64() >= 0) || value->is_uint64();
  const std::uint64_t number = !fits                ? 0
                               : value->is_uint64() ? value->get_uint64()
                                                    : static_cast<std::uint64_t>(value->get_int64());
  if (!fits || number > most) {
    fail(key, fmt::format("'{}' is not a number of its range", key),
         fmt::format("write an integer from 0 to {}", most));
    return 0;
  }
  return number;
}

std::uint64_t JsonObject::number_or(std::string_view key, std::uint64_t otherwise, std::uint64_t most) {
  if (object_ != nullptr && object_->contains(key)) return number(key, most);
  known_.push_back(key);
  return otherwise;
}

std::string JsonObject::text(std::string_view key, std::size_t most_bytes) {
  const boost::json::value* value = find(key, true);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    fail(key, fmt::format("'{}' is not a string", key), "");
    return {};
  }
  const boost::json::string& text = value->get_string();
  if (text.size() > most_bytes) {
    fail(key, fmt::format("'{}' is longer than {} bytes", key, most_bytes), "");
    return {};
  }
  if (text.find('\0') != boost::json::string::npos) fail(key, fmt::format("'{}' has a zero byte in it", key), "");
  return {text.data(), text.size()};
}

std::string JsonObject::text_or_empty(std::string_view key, std::size_t most_bytes) {
  if (object_ != nullptr && object_->contains(key)) return text(key, most_bytes);
  known_.push_back(key);
  return {};
}

bool JsonObject::flag_or(std::string_view key, bool otherwise) {
  const boost::json::value* value = find(key, false);
  if (value == nullptr) return otherwise;
  if (!value->is_bool()) fail(key, fmt::format("'{}' is neither true nor false", key), "");
  return value->is_bool() ? value->get_bool() : otherwise;
}

const boost::json::value* JsonObject::array(std::string_view key, std::size_t most_elements) {
  const boost::json::value* value = find(key, true);
  if (value == nullptr) return nullptr;
  if (!value->is_array() || value->get_array().size() > most_elements) {
    fail(key, fmt::format("'{}' is not an array of at most {} elements", key, most_elements), "");
    return nullptr;
  }
  return value;
}

const boost::json::value* JsonObject::object_or_null(std::string_view key) {
  return find(key, false);
}

base::Status JsonObject::finish() {
  if (object_ != nullptr) {
    for (const auto& member : *object_) {
      const std::string_view key(member.key().data(), member.key().size());
      if (std::ranges::find(known_, key) != known_.end()) continue;
      fail(key, fmt::format("unknown key '{}'", key), fmt::format("known keys: {}", fmt::join(known_, ", ")));
    }
  }
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace superspan::node
