// SPDX-License-Identifier: Apache-2.0
#include "api/preconditions.h"

#include <fmt/format.h>

#include <charconv>

#include "http/problem.h"

namespace superspan::api {
namespace {

constexpr int kPreconditionFailed = 412;

std::unexpected<base::Error> not_understood(std::string_view header, std::string_view value, std::string hint) {
  return base::fail(base::ErrorCode::kInvalid, fmt::format("'{}: {}' is not understood", header, value),
                    std::move(hint), std::string(header));
}

template <typename Number>
bool parse_digits(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Controller::EntityTag> parse_entity_tag(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  const std::size_t dot = text.find('.');
  Controller::EntityTag tag;
  if (dot == std::string_view::npos || !parse_digits(text.substr(0, dot), tag.number)) return std::nullopt;
  if (!parse_digits(text.substr(dot + 1), tag.revision)) return std::nullopt;
  return tag;
}

}  // namespace

base::Result<Controller::Precondition> precondition_of(const http::Request& request) {
  Controller::Precondition wanted;
  if (const auto none = request.header("If-None-Match")) {
    if (*none != "*") return not_understood("If-None-Match", *none, "only * works here: the policy must not exist");
    wanted.absent = true;
  }
  const auto match = request.header("If-Match");
  if (!match) return wanted;
  wanted.present = true;
  if (*match == "*") return wanted;
  wanted.tag = parse_entity_tag(*match);
  if (!wanted.tag) return not_understood("If-Match", *match, R"(write the ETag of an answer, like "17.2", or *)");
  return wanted;
}

std::string entity_tag(const store::Policy& policy) {
  return fmt::format("\"{}.{}\"", policy.number, policy.revision);
}

http::Response refusal(const std::vector<base::Error>& errors) {
  const base::Error& first = errors.front();
  const bool stale = first.code == base::ErrorCode::kConflict && first.place.starts_with("If-");
  return stale ? http::problem(kPreconditionFailed, errors) : http::problem(errors);
}

}  // namespace superspan::api
