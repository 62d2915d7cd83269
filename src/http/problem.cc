// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace superspan::http {
namespace {

namespace json = boost::json;
using base::ErrorCode;

constexpr const char* kProblemType = "application/problem+json";

// Length of the valid UTF-8 sequence (RFC 3629) at the front of `text`, or 0.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : (first & 0xf0) == 0xe0        ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) >= 0xa0;
  const bool too_large = first == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

// JSON is UTF-8, but errors quote what a client sent. Each wrong byte becomes one '?', so that offsets stay right.
std::string utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_bytes(text);
    out += length == 0 ? std::string_view("?") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

json::object entry_of(const base::Error& error) {
  json::object entry;
  if (!error.place.empty()) entry["pointer"] = utf8(error.place);
  entry["detail"] = utf8(error.message);
  if (!error.hint.empty()) entry["hint"] = utf8(error.hint);
  if (error.mark) {
    entry["source"] = {{"text", utf8(error.mark->text)}, {"begin", error.mark->begin}, {"end", error.mark->end}};
  }
  return entry;
}

Response make(int status, std::span<const base::Error> errors) {
  const base::Error& first = errors.front();
  const std::string name = base::to_string(first.code);
  json::object body{{"type", "urn:superspan:problem:" + name}, {"title", name}, {"status", status}};
  body["detail"] = utf8(first.message);
  if (!first.hint.empty()) body["hint"] = utf8(first.hint);
  json::array entries;
  for (const auto& error : errors) entries.push_back(entry_of(error));
  body["errors"] = std::move(entries);
  Response response;
  response.status = status;
  response.content_type = kProblemType;
  response.body = json::serialize(body) + "\n";
  return response;
}

std::string text_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

std::size_t offset_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return 0;
  return static_cast<std::size_t>(value->get_int64());
}

// Fills in what an entry of `errors` says of its place.
void add_place(base::Error& error, const json::object& entry) {
  error.place = text_of(entry, "pointer");
  const auto* source = entry.if_contains("source");
  if (source == nullptr || !source->is_object()) return;
  const auto& object = source->get_object();
  error.mark = base::SourceMark{text_of(object, "text"), offset_of(object, "begin"), offset_of(object, "end")};
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kDenied:
      return 403;
    case ErrorCode::kLimit:
      return 422;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
    case 405:
    case 415:
      return ErrorCode::kInvalid;
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
    case 412:
      return ErrorCode::kConflict;
    case 413:
    case 422:
    case 429:
    case 431:
      return ErrorCode::kLimit;
    case 408:
    case 504:
      return ErrorCode::kTimeout;
    case 502:
    case 503:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

Response problem(const base::Error& error) {
  return make(status_of(error.code), {&error, 1});
}
Response problem(int status, const base::Error& error) {
  return make(status, {&error, 1});
}
Response problem(std::span<const base::Error> errors) {
  return make(status_of(errors.front().code), errors);
}
Response problem(int status, std::span<const base::Error> errors) {
  return make(status, errors);
}

base::Error error_of(const Response& response) {
  return errors_of(response).front();
}

std::vector<base::Error> errors_of(const Response& response) {
  base::Error error;
  error.code = code_of(response.status);
  boost::system::error_code broken;
  const json::value body = json::parse(response.body, broken);
  if (broken || !body.is_object()) {
    error.message = "the server answered " + std::to_string(response.status) + " " + reason_phrase(response.status);
    return {error};
  }
  error.message = text_of(body.get_object(), "detail");
  error.hint = text_of(body.get_object(), "hint");
  if (error.message.empty()) error.message = "the server answered " + std::to_string(response.status);
  std::vector<base::Error> errors;
  if (const auto* entries = body.get_object().if_contains("errors"); entries != nullptr && entries->is_array()) {
    for (const auto& entry : entries->get_array()) {
      if (!entry.is_object()) continue;
      base::Error& one = errors.emplace_back(error);
      if (errors.size() > 1) one.message = text_of(entry.get_object(), "detail");
      if (errors.size() > 1) one.hint = text_of(entry.get_object(), "hint");
      add_place(one, entry.get_object());
    }
  }
  if (errors.empty()) errors.push_back(error);
  return errors;
}

base::Result<Response> checked(base::Result<Response> response) {
  if (response && !response->ok()) return std::unexpected(error_of(*response));
  return response;
}

}  // namespace superspan::http
