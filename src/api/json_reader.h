// SPDX-License-Identifier: Apache-2.0
// Reads a JSON request body strictly: each member is asked for once by name and type, what was not asked for is an
// error. Errors are collected, so that a person sees all of them at once; each has a JSON pointer (RFC 6901) and a
// hint.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::api {

inline constexpr std::size_t kJsonDepth = 32;
inline constexpr std::uint64_t kJsonIntegerMax = 9'007'199'254'740'991;  // what every JSON library keeps exactly

// The object that a body must be. kInvalid with the place where it stops being JSON, or with the pointer of a key that
// stands twice.
[[nodiscard]] base::Result<boost::json::object> parse_object(std::string_view body);

// Both must outlive the reader. After an error a member reads as its default.
class JsonReader {
 public:
  JsonReader(const boost::json::object& object, std::string pointer, std::vector<base::Error>& errors);

  void require(std::string_view key);  // an error if it is absent
  [[nodiscard]] std::string text(std::string_view key, std::size_t bytes_max);
  [[nodiscard]] bool flag(std::string_view key);
  [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t max);
  [[nodiscard]] std::vector<std::string> names(std::string_view key, std::size_t count_max);   // distinct
  [[nodiscard]] const boost::json::object* object(std::string_view key);                       // nullptr: absent
  [[nodiscard]] const boost::json::array* array(std::string_view key, std::size_t count_max);  // nullptr: absent
  void ignore(std::string_view key);
  // Every member that nobody asked for becomes an error.
  void finish();

  void fail(std::string_view key, std::string message, std::string hint);

 private:
  [[nodiscard]] const boost::json::value* find(std::string_view key);
  const boost::json::object& object_;
  std::string pointer_;
  std::vector<base::Error>& errors_;
  std::vector<std::string> known_;
};

}  // namespace superspan::api
