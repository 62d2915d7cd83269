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
  std::uint64_t revision = 0;
  const bool quoted = match->size() > 2 && match->starts_with('"') && match->ends_with('"');
  const std::string_view digits = quoted ? match->substr(1, match->size() - 2) : "";
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  if (!quoted || error != std::errc{} || end != digits.data() + digits.size()) {
    return not_understood("If-Match", *match,
                          "write the ETag of an answer, which is the revision in double quotes, or *");
  }
  wanted.revision = revision;
  return wanted;
}

std::string entity_tag(const store::Policy& policy) {
  return fmt::format("\"{}\"", policy.revision);
}

http::Response refusal(const std::vector<base::Error>& errors) {
  const base::Error& first = errors.front();
  const bool stale = first.code == base::ErrorCode::kConflict && first.place.starts_with("If-");
  return stale ? http::problem(kPreconditionFailed, errors) : http::problem(errors);
}

}  // namespace superspan::api
