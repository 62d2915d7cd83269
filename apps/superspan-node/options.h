// SPDX-License-Identifier: Apache-2.0
// The command line of superspan-node.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "apps/program.h"

namespace superspan::apps {

struct NodeCommand {
  std::string name;
  std::string controller;
  std::filesystem::path token_file;
  std::string ca_file;
  std::string interface;
  std::string io = "af_packet";
  std::string endpoint;
  std::string tls_certificate;
  std::string tls_key;
  std::filesystem::path record_directory;
  std::uint64_t rotate_bytes = std::uint64_t{1} << 30;
  std::uint64_t rotate_seconds = 3600;
  std::string user;
  std::string log_level = "info";
};

[[nodiscard]] std::variant<NodeCommand, Leave> read_command_line(int argc, const char* const* argv);

}  // namespace superspan::apps
