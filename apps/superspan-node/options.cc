// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <CLI/CLI.hpp>

namespace superspan::apps {
namespace {

constexpr const char* kAbout =
    "superspan-node receives the copies that a superspan fabric carries to this server, keeps exactly the packets\n"
    "that each policy asked for, records them as pcapng and serves them as live streams.\n"
    "\n"
    "It needs one network interface that faces a service port of the fabric, and the controller, which tells it what\n"
    "to do. It never sends a frame.";

constexpr const char* kMore =
    "Example:\n"
    "  superspan-node --name node1 --controller http://127.0.0.1:8600 --token-file /var/lib/superspan/token \\\n"
    "    --interface eth1 --endpoint unix:/run/superspan/node1.sock --record-dir /var/lib/superspan/records\n"
    "\n"
    "Recordings are <policy>-<start>-<number>.pcapng; Wireshark can read them while they grow.\n"
    "af_packet takes frames up to the MTU of the interface, af_xdp is faster but takes 3,520 bytes at most.\n"
    "The fabric header adds 38 bytes to each copied frame: give the interface an MTU that is larger by that.\n"
    "SIGTERM closes all files with their final statistics.\n"
    "\n"
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 conflict, 5 denied, 6 timeout or unavailable.";

void add_options(CLI::App& app, NodeCommand& command) {
  app.add_option("--name", command.name, "name of this node in the fabric file")->required();
  app.add_option("--controller", command.controller,
                 "where superspand listens: http://HOST:PORT, https://... or unix:PATH")
      ->required();
  app.add_option("--token-file", command.token_file, "file with the controller's token; only its owner may read it")
      ->required();
  app.add_option("--ca-file", command.ca_file, "PEM file that verifies an https controller (default: the system's)");
  app.add_option("--interface", command.interface, "interface that faces the fabric")->required();
  app.add_option("--io", command.io, "how frames are read: af_packet or af_xdp")
      ->check(one_of({"af_packet", "af_xdp"}))
      ->capture_default_str();
  app.add_option(
         "--endpoint", command.endpoint,
         "where this node's own API listens: unix:PATH, http://127.0.0.1:PORT, or https://... with the next two")
      ->required();
  app.add_option("--tls-cert", command.tls_certificate, "PEM certificate chain of an https endpoint");
  app.add_option("--tls-key", command.tls_key, "PEM key of an https endpoint");
  app.add_option("--record-dir", command.record_directory, "existing directory for recordings")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--rotate-size", command.rotate_bytes, "begin a new file after so many bytes (suffixes kb, mb, gb)")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("1gb");
  app.add_option("--rotate-time", command.rotate_seconds, "begin a new file after so many seconds")
      ->capture_default_str();
  app.add_option("--user", command.user, "give up root's rights for this user once the interface is open");
  app.add_option("--log-level", command.log_level, "debug, info, warning or error")
      ->check(one_of(kLogLevels))
      ->capture_default_str();
}

}  // namespace

std::variant<NodeCommand, Leave> read_command_line(int argc, const char* const* argv) {
  NodeCommand command;
  CLI::App app(kAbout, "superspan-node");
  app.footer(kMore);
  app.set_version_flag("--version", SUPERSPAN_VERSION);
  add_options(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return leave(app, error);
  }
  if (command.tls_certificate.empty() != command.tls_key.empty()) {
    return Leave{"superspan-node: --tls-cert and --tls-key need each other\nhint: give both\n", 2};
  }
  return command;
}

}  // namespace superspan::apps
