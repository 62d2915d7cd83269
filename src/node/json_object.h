// SPDX-License-Identifier: Apache-2.0
// Reads the members of one JSON object strictly: wrong types, numbers out of range, missing and unknown keys are errors
// with a JSON pointer (RFC 6901) as place. The first error is kept, later calls return zeros, finish() tells.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::node {

class JsonObject {
 public:
  // `value` must outlive the reader. `pointer` is where it stands: "" or "/policies/0".
  JsonObject(const boost::json::value& value, std::string pointer);

  std::uint64_t number(std::string_view key, std::uint64_t most = std::numeric_limits<std::int64_t>::max());
  std::uint64_t number_or(std::string_view key, std::uint64_t otherwise,
                          std::uint64_t most = std::numeric_limits<std::int64_t>::max());
  std::string text(std::string_view key, std::size_t most_bytes);
  std::string text_or_empty(std::string_view key, std::size_t most_bytes);
  bool flag_or(std::string_view key, bool otherwise);
  const boost::json::value* array(std::string_view key, std::size_t most_elements);  // null: there was an error
  const boost::json::value* object_or_null(std::string_view key);

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  void fail(std::string_view key, std::string message, std::string hint);
  // Also an error if there is a key that nobody asked for.
  [[nodiscard]] base::Status finish();

 private:
  const boost::json::value* find(std::string_view key, bool required);

  const boost::json::object* object_ = nullptr;
  std::string pointer_;
  std::vector<std::string_view> known_;
  std::optional<base::Error> error_;
};

}  // namespace superspan::node
