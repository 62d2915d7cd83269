// SPDX-License-Identifier: Apache-2.0
// The flags of superspand.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/program.h"
#include "base/result.h"
#include "http/server.h"
#include "openflow/server.h"

namespace superspan::apps {

struct ControllerCommand {
  std::string fabric_file;
  std::string state_dir;
  std::string log_level;
  std::string node_ca_file;
  std::string inventory_file;  // empty: none
  std::vector<http::Endpoint> endpoints;
  std::optional<http::TlsFiles> api_tls;
  http::Limits limits;
  openflow::ServerOptions openflow;
};

[[nodiscard]] std::variant<ControllerCommand, Leave> parse_command(int argc, const char* const* argv);

// "tcp:ADDRESS:PORT" or "tls:ADDRESS:PORT", IPv6 in brackets, into `options`; tls needs all three files. Plain tcp is
// taken on any one address, as a separate management network may be trusted, but not on all addresses at once.
[[nodiscard]] base::Status parse_openflow(const std::string& text, const openflow::TlsFiles& tls,
                                          openflow::ServerOptions& options);

}  // namespace superspan::apps
