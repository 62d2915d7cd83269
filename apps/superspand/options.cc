// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <CLI/CLI.hpp>

#include "http/endpoint.h"

namespace superspan::apps {
namespace {

using base::ErrorCode;

constexpr const char* kDescription =
    "superspand, the controller of superspan: takes policies over its API, turns them into flow entries of the\n"
    "fabric's switches, keeps them there, and tells the nodes what to do with the copies.\n";

constexpr const char* kFooter =
    "\nExamples:\n"
    "  superspand --fabric fabric.yaml --state ./state\n"
    "      switches of this machine connect to tcp:127.0.0.1:6653, commands to http://127.0.0.1:8600\n"
    "  superspand --fabric fabric.yaml --openflow tls:10.0.0.1:6653 --tls-cert c.pem --tls-key k.pem --tls-ca ca.pem\n"
    "      switches connect over TLS 1.3; each must show a certificate that names its datapath\n"
    "  superspand --fabric fabric.yaml --listen https://0.0.0.0:8600 --api-cert c.pem --api-key k.pem\n"
    "      the API for other machines; without TLS it stays on this one\n"
    "\n"
    "Clients need the token in STATE/token, made at the first start. State is in STATE/superspan.db; what the API has\n"
    "acknowledged is there, also after kill -9. SIGTERM ends the controller; switches and nodes go on without it.\n"
    "\n"
    "Exit codes: 0 ended by a signal, 1 failed (also: the disk is full), 2 wrong flags or fabric file, 3 file not "
    "found,\n"
    "4 address or state in use, 5 not allowed, 6 not available.";

// The values as typed, before they mean something.
struct Raw {
  ControllerCommand command;
  std::vector<std::string> listen{"http://127.0.0.1:8600"};
  std::string socket;
  std::string openflow = "tcp:127.0.0.1:6653";
  openflow::TlsFiles tls;
  http::TlsFiles api_tls;
};

void add_flags(CLI::App& app, Raw& raw) {
  ControllerCommand& command = raw.command;
  app.add_option("--fabric", command.fabric_file, "the fabric file (YAML): switches, taps, tools, nodes, links")
      ->required()
      ->type_name("FILE");
  app.add_option("--inventory", command.inventory_file,
                 "what the names in expressions stand for (YAML or JSON); read again when it changes, and on SIGHUP")
      ->type_name("FILE");
  app.add_option("--state", command.state_dir, "directory of the state and the token; made if absent")
      ->default_val("/var/lib/superspan")
      ->type_name("DIR");
  app.add_option("--listen", raw.listen, "where the API listens; repeatable")
      ->capture_default_str()
      ->type_name("ENDPOINT");
  app.add_option("--socket", raw.socket, "the API on this unix socket as well (mode 0600)")->type_name("PATH");
  app.add_option("--api-cert", raw.api_tls.certificate, "certificate chain of the API, for https endpoints")
      ->type_name("FILE");
  app.add_option("--api-key", raw.api_tls.key, "its private key")->type_name("FILE");
  app.add_option("--openflow", raw.openflow, "where switches connect: tcp:ADDRESS:PORT or tls:ADDRESS:PORT")
      ->capture_default_str()
      ->type_name("WHERE");
  app.add_option("--tls-cert", raw.tls.certificate, "certificate shown to switches")->type_name("FILE");
  app.add_option("--tls-key", raw.tls.key, "its private key")->type_name("FILE");
  app.add_option("--tls-ca", raw.tls.authority, "authority that signed the switches' certificates")->type_name("FILE");
  app.add_option("--node-ca", command.node_ca_file, "authority of nodes that listen on https")->type_name("FILE");
  app.add_option("--rate", command.limits.requests_per_second,
                 "API requests a second for a token; twice as many at once")
      ->default_val(50)
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  app.add_option("--log-level", command.log_level, "debug, info, warning or error")
      ->default_val("info")
      ->check(one_of(kLogLevels))
      ->type_name("LEVEL");
}

base::Status interpret(Raw& raw) {
  for (const auto& text : raw.listen) {
    auto endpoint = http::parse_endpoint(text);
    if (!endpoint) {
      endpoint.error().place = "--listen";
      return std::unexpected(endpoint.error());
    }
    raw.command.endpoints.push_back(std::move(*endpoint));
  }
  if (!raw.socket.empty()) {
    auto endpoint = http::parse_endpoint("unix:" + raw.socket);
    if (!endpoint) {
      endpoint.error().place = "--socket";
      return std::unexpected(endpoint.error());
    }
    raw.command.endpoints.push_back(std::move(*endpoint));
  }
  if (raw.api_tls.certificate.empty() != raw.api_tls.key.empty()) {
    return base::fail(ErrorCode::kInvalid, "--api-cert and --api-key need each other", "give both");
  }
  if (!raw.api_tls.key.empty()) raw.command.api_tls = raw.api_tls;
  raw.command.limits.request_burst = 2 * raw.command.limits.requests_per_second;
  return parse_openflow(raw.openflow, raw.tls, raw.command.openflow);
}

}  // namespace

base::Status parse_openflow(const std::string& text, const openflow::TlsFiles& tls, openflow::ServerOptions& options) {
  constexpr const char* kForms = "write tcp:127.0.0.1:6653 or tls:10.0.0.1:6653";
  const bool encrypted = text.starts_with("tls:");
  if (!encrypted && !text.starts_with("tcp:")) {
    return base::fail(ErrorCode::kInvalid, "'" + text + "' does not say how switches connect", kForms, "--openflow");
  }
  const auto endpoint = http::parse_endpoint(text.substr(4));
  if (!endpoint || endpoint->kind != http::Endpoint::Kind::kHttp) {
    return base::fail(ErrorCode::kInvalid, "'" + text + "' is no address and port", kForms, "--openflow");
  }
  options.address = endpoint->host;
  options.port = endpoint->port;
  const bool files = !tls.certificate.empty() && !tls.key.empty() && !tls.authority.empty();
  if (encrypted && !files) {
    return base::fail(ErrorCode::kInvalid, "tls needs three files", "give --tls-cert, --tls-key and --tls-ca",
                      "--openflow");
  }
  if (encrypted) options.tls = tls;
  if (!encrypted && (endpoint->host == "0.0.0.0" || endpoint->host == "::")) {
    return base::fail(ErrorCode::kInvalid, "refusing to take switches on every address without TLS",
                      "name the address of the management network, or use tls:", "--openflow");
  }
  return {};
}

std::variant<ControllerCommand, Leave> parse_command(int argc, const char* const* argv) {
  CLI::App app(kDescription, "superspand");
  app.footer(kFooter);
  app.set_version_flag("--version", SUPERSPAN_VERSION);
  Raw raw;
  add_flags(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return leave(app, error);
  }
  if (auto understood = interpret(raw); !understood) {
    return Leave{"superspand: " + base::render(understood.error()) + "\n", 2};
  }
  return std::move(raw.command);
}

}  // namespace superspan::apps
