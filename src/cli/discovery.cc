// SPDX-License-Identifier: Apache-2.0
#include "cli/discovery.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

namespace superspan::cli {
namespace {

constexpr const char* kDefaultEndpoint = "http://127.0.0.1:8600";

std::optional<std::string> first_line(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  if (!stream || !std::getline(stream, line) || line.empty()) return std::nullopt;
  return line;
}

struct Named {
  std::string text;
  std::string from;
};

Named named_endpoint(const Invocation& invocation, const std::filesystem::path& lab_file) {
  if (auto flag = invocation.arguments.text("endpoint")) return {*flag, "--endpoint"};
  if (auto variable = invocation.terminal.environment("SUPERSPAN_ENDPOINT"); variable && !variable->empty()) {
    return {*variable, "SUPERSPAN_ENDPOINT"};
  }
  if (auto line = first_line(lab_file)) return {*line, lab_file.string()};
  return {kDefaultEndpoint, "default"};
}

bool is_lab(const http::Endpoint& endpoint, const std::filesystem::path& lab_file) {
  const auto line = first_line(lab_file);
  const auto lab = line ? http::parse_endpoint(*line) : std::unexpected(base::Error{});
  return lab && *lab == endpoint;
}

}  // namespace

Places places(const Terminal& terminal) {
  Places real;
  const auto root = terminal.environment("SUPERSPAN_ROOT");
  if (!root || root->empty()) return real;
  return {.lab_dir = *root + real.lab_dir.string(), .state_dir = *root + real.state_dir.string()};
}

base::Result<Discovered> discover(const Invocation& invocation) {
  const Places known = places(invocation.terminal);
  const Named named = named_endpoint(invocation, known.lab_dir / "endpoint");
  auto endpoint = http::parse_endpoint(named.text);
  if (!endpoint) {
    endpoint.error().place = named.from;
    return std::unexpected(endpoint.error());
  }
  Discovered found{.endpoint = *endpoint, .endpoint_from = named.from, .token_file = {}};
  if (auto flag = invocation.arguments.text("token-file")) {
    found.token_file = *flag;
  } else if (auto variable = invocation.terminal.environment("SUPERSPAN_TOKEN_FILE"); variable && !variable->empty()) {
    found.token_file = *variable;
  } else if (is_lab(*endpoint, known.lab_dir / "endpoint")) {
    found.token_file = known.lab_dir / "token";
  } else if (http::is_local(*endpoint)) {
    found.token_file = known.state_dir / "token";
  } else {
    return base::fail(base::ErrorCode::kDenied, fmt::format("no token is named for {}", named.text),
                      "add --token-file FILE or set SUPERSPAN_TOKEN_FILE", named.from);
  }
  return found;
}

}  // namespace superspan::cli
