// SPDX-License-Identifier: Apache-2.0
// Where an HTTP server listens or a client connects: `http://127.0.0.1:8600`, `https://host:8600`,
// `http://[::1]:8600` or `unix:/run/superspan/api.sock`. Text and plain values only; no name is resolved here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace superspan::http {

struct Endpoint {
  enum class Kind : std::uint8_t { kHttp, kHttps, kUnix };
  Kind kind = Kind::kHttp;
  std::string host;        // without brackets; empty for kUnix
  std::uint16_t port = 0;  // 0: the kernel chooses (servers only)
  std::string path;        // absolute, at most 107 bytes; only for kUnix
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Also accepts `ADDRESS:PORT` without a scheme, which means http. Errors are kInvalid with the remedy.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

// Only processes of this machine can connect: a unix socket, 127.0.0.0/8, ::1 or the name localhost.
[[nodiscard]] bool is_local(const Endpoint& endpoint);

}  // namespace superspan::http
