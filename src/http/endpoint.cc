// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <charconv>

namespace superspan::http {
namespace {

using base::ErrorCode;

// sizeof(sockaddr_un::sun_path) on Linux, less the final NUL.
constexpr std::size_t kUnixPathBytes = 107;
constexpr const char* kForms = "write http://127.0.0.1:8600, https://host:8600 or unix:/run/superspan/api.sock";

std::unexpected<base::Error> bad(std::string_view text, std::string_view why) {
  return base::fail(ErrorCode::kInvalid, "'" + std::string(text) + "' is no endpoint: " + std::string(why), kForms);
}

base::Result<Endpoint> parse_unix(std::string_view text, std::string_view path) {
  if (path.empty() || path.front() != '/') return bad(text, "the socket's path must be absolute");
  if (path.size() > kUnixPathBytes) return bad(text, "the socket's path is longer than 107 bytes");
  return Endpoint{Endpoint::Kind::kUnix, {}, 0, std::string(path)};
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == ':' || c == '_' || c == '%';
}

}  // namespace

base::Result<Endpoint> parse_endpoint(std::string_view text) {
  std::string_view rest = text;
  Endpoint endpoint;
  if (rest.starts_with("unix:")) return parse_unix(text, rest.substr(5));
  if (rest.starts_with("https://")) {
    endpoint.kind = Endpoint::Kind::kHttps;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  }
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    return bad(text, "'" + std::string(rest.substr(0, scheme)) + "' is no scheme that is known");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return bad(text, "the port is missing");
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad(text, "an IPv6 address needs brackets");
  }
  if (host.empty()) return bad(text, "the host is missing");
  for (const char c : host) {
    if (!is_host_character(c)) return bad(text, "the host has a character that no host name has");
  }
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number > 65535) {
    return bad(text, "the port must be a number from 0 to 65535");
  }
  endpoint.host = host;
  endpoint.port = static_cast<std::uint16_t>(number);
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix) return "unix:" + endpoint.path;
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return std::string(endpoint.kind == Endpoint::Kind::kHttps ? "https://" : "http://") + (ipv6 ? "[" : "") +
         endpoint.host + (ipv6 ? "]:" : ":") + std::to_string(endpoint.port);
}

bool is_local(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix || endpoint.host == "localhost" || endpoint.host == "::1") return true;
  // 127.0.0.0/8 written as four numbers; a name such as 127.example.org is not.
  return endpoint.host.starts_with("127.") && endpoint.host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace superspan::http
