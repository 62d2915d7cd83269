// SPDX-License-Identifier: Apache-2.0
// superspand: wiring only. Fabric file, token, store -> controller -> API, on one thread.
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "api/controller.h"
#include "api/routes.h"
#include "apps/descriptors.h"
#include "base/text.h"
#include "http/token.h"
#include "inventory/file.h"
#include "inventory_watch.h"
#include "options.h"

namespace superspan {
namespace {

using apps::ControllerCommand;

base::Result<std::shared_ptr<const fabric::Topology>> read_fabric(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    return base::fail(base::ErrorCode::kInvalid, "this is a directory, not a fabric file",
                      "name the YAML file in it with --fabric", file);
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return base::fail(base::ErrorCode::kNotFound, "cannot read the fabric file", "give its path with --fabric", file);
  }
  auto topology = fabric::Topology::parse(base::read_text(stream, fabric::kFabricFileBytesMax), file);
  if (!topology) return std::unexpected(topology.error());
  return std::make_shared<const fabric::Topology>(std::move(*topology));
}

base::Status make_state_dir(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (!error) return {};
  return base::fail(base::ErrorCode::kDenied, "cannot make the state directory: " + error.message(),
                    "choose another one with --state", folder.string());
}

void log_event(const api::EventRecord& event) {
  const bool bad = event.type.ends_with("failed") || event.type.ends_with("refused") ||
                   event.type.ends_with("absent") || event.type.ends_with("down") || event.type == "switch-error";
  spdlog::log(bad ? spdlog::level::warn : spdlog::level::info, "{}{}{}{}{}{}{}", event.type,
              event.policy.empty() ? "" : " policy=", event.policy, event.place.empty() ? "" : " at=", event.place,
              event.text.empty() ? "" : ": ", event.text);
}

void announce(const fabric::Topology& topology, const http::Server& server, const openflow::ServerOptions& openflow,
              std::uint16_t port) {
  std::string endpoints;
  for (const auto& endpoint : server.endpoints()) endpoints += " " + http::to_string(endpoint);
  spdlog::info("superspand {}: fabric {}, {} switches, {} taps; API on{}; switches on {}:{}:{}", SUPERSPAN_VERSION,
               topology.name(), topology.switches().size(), topology.taps().size(), endpoints,
               openflow.tls ? "tls" : "tcp", openflow.address, port);
  const bool local =
      openflow.address.starts_with("127.") || openflow.address == "::1" || openflow.address == "localhost";
  if (!openflow.tls && !local)
    spdlog::warn("switches are not authenticated: anybody who reaches the OpenFlow port may be one");
}

// Fewer connections where there are too few descriptors for all that are wanted.
void limit_connections(ControllerCommand& command) {
  const std::size_t limit = apps::raise_descriptor_limit();
  const apps::DescriptorShare wanted{command.limits.connections, command.openflow.connections};
  const auto share = apps::share_descriptors(limit, wanted);
  command.limits.connections = share.clients;
  command.openflow.connections = share.switches;
  if (share.clients == wanted.clients && share.switches == wanted.switches) return;
  spdlog::warn(
      "{} open files are allowed: at most {} connections of clients and {} of switches (raise it: ulimit -Hn, "
      "LimitNOFILE=)",
      limit, share.clients, share.switches);
}

base::Status run(const ControllerCommand& command) {
  auto topology = read_fabric(command.fabric_file);
  if (!topology) return std::unexpected(topology.error());
  if (auto made = make_state_dir(command.state_dir); !made) return made;
  const std::filesystem::path state(command.state_dir);
  auto store = store::open_sqlite_store((state / "superspan.db").string());
  if (!store) return std::unexpected(store.error());
  auto token = http::read_or_make_token(state / "token");
  if (!token) return std::unexpected(token.error());

  std::shared_ptr<const inventory::Snapshot> known;
  if (!command.inventory_file.empty()) {
    auto read = inventory::read_file(command.inventory_file);
    if (!read) return std::unexpected(read.error());
    known = std::move(*read);
  }
  const base::SystemClock clock;
  boost::asio::io_context io{1};
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  auto controller = api::Controller::start(io, *topology, std::move(*store), clock,
                                           {command.openflow,
                                            {},
                                            SUPERSPAN_VERSION,
                                            command.node_ca_file,
                                            [](const auto& event) { log_event(event); },
                                            known});
  if (!controller) return std::unexpected(controller.error());
  apps::InventoryWatch watch(io, **controller, command.inventory_file);
  std::unique_ptr<http::Server> server;
  const auto router = api::make_router({**controller, [&server] { return server->statistics(); }});
  auto listening =
      http::Server::listen(io,
                           {command.endpoints,
                            {*token},
                            command.api_tls,
                            command.limits,
                            api::rate_classes(),
                            [&controller](const base::Error& reason) { (*controller)->accept_failed(reason); }},
                           [&router](http::Request request, http::Responder responder) {
                             router.handle(std::move(request), std::move(responder));
                           });
  if (!listening) return std::unexpected(listening.error());
  server = std::move(*listening);
  announce(**topology, *server, command.openflow, (*controller)->openflow_port());
  signals.async_wait([&io](const boost::system::error_code& error, int number) {
    if (error) return;
    spdlog::info("ending on signal {}; switches and nodes go on as they are", number);
    io.stop();
  });
  io.run();
  return {};
}

}  // namespace
}  // namespace superspan

int main(int argc, char** argv) {
  using namespace superspan;
  auto parsed = apps::parse_command(argc, argv);
  if (const auto* leave = std::get_if<apps::Leave>(&parsed)) return apps::take_leave(*leave);
  auto& command = std::get<apps::ControllerCommand>(parsed);
  apps::open_log("superspand", command.log_level);
  std::signal(SIGPIPE, SIG_IGN);
  limit_connections(command);
  if (const auto done = run(command); !done) {
    std::cerr << "superspand: " << base::render(done.error()) << "\n";
    return base::exit_code(done.error().code);
  }
  return 0;
}
