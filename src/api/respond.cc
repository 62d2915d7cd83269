// SPDX-License-Identifier: Apache-2.0
#include "api/respond.h"

#include <fmt/format.h>

#include <charconv>

namespace superspan::api {

http::Response json_response(const boost::json::value& value, int status) {
  http::Response response;
  response.status = status;
  response.body = boost::json::serialize(value);
  response.body += '\n';
  return response;
}

base::Result<std::uint64_t> number_argument(const http::Request& request, std::string_view name, std::uint64_t max,
                                            std::uint64_t absent) {
  const auto text = request.argument(name);
  if (!text) return absent;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc{} && end == text->data() + text->size() && !text->empty() && value <= max) return value;
  return base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' must be a whole number from 0 to {}", name, max), "",
                    fmt::format("?{}", name));
}

base::Result<bool> flag_argument(const http::Request& request, std::string_view name) {
  const auto text = request.argument(name).value_or("false");
  if (text == "true") return true;
  if (text == "false") return false;
  return base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' must be true or false", name), "",
                    fmt::format("?{}", name));
}

std::string place_text(const fabric::Topology& topology, fabric::Attachment where) {
  return fmt::format("{}:{}", topology.switches()[where.at].name, where.port);
}

}  // namespace superspan::api
