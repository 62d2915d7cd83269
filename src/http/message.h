// SPDX-License-Identifier: Apache-2.0
// Requests and responses as plain values (RFC 9110). Bodies are bytes in a std::string. Header names compare without
// regard to case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace superspan::http {

enum class Method : std::uint8_t { kGet, kPut, kPost, kDelete, kOther };
[[nodiscard]] const char* to_string(Method method);
[[nodiscard]] Method parse_method(std::string_view name);  // kOther if it is none of ours

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Method method = Method::kGet;
  std::string method_name = "GET";  // as sent
  std::string path;                 // percent-decoded per segment by the router; here as sent, without the query
  Fields query;                     // decoded, in the order sent
  Fields headers;                   // as sent
  std::string body;
  Fields parameters;  // {name} parts of the route, decoded; filled by the router

  // First value of that name, or nothing. The view lives as long as the request.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> argument(std::string_view name) const;  // of the query
  // A {name} part of the matched route. Empty if the route has no such part.
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Fields headers;  // beyond content-type, content-length and connection

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

[[nodiscard]] const char* reason_phrase(int status);

// %XX decoding; kInvalid on a broken escape or a NUL byte. `plus_is_space` for query strings.
[[nodiscard]] base::Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Encodes everything but RFC 3986 unreserved characters; for one path segment or one query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

// "/a/b?x=1" -> path "/a/b" and decoded arguments. kInvalid if it does not begin with '/' or has a broken escape.
struct Target {
  std::string path;
  Fields query;
};
[[nodiscard]] base::Result<Target> parse_target(std::string_view target);

}  // namespace superspan::http
