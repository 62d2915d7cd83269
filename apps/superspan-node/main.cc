// SPDX-License-Identifier: Apache-2.0
// superspan-node: wiring only. Port -> worker -> recorder and streams; API server and heartbeat around it.
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <optional>
#include <set>
#include <thread>

#include "apps/descriptors.h"
#include "http/server.h"
#include "http/token.h"
#include "node/api.h"
#include "node/control_loop.h"
#include "node/io/dpdk_input.h"
#include "node/node.h"
#include "node/registrar.h"
#include "options.h"
#include "recorder/disk.h"

namespace superspan {
namespace {

using apps::NodeCommand;

constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::milliseconds kDrainTimeout{2000};
constexpr double kRequestsPerSecond = 1000;  // the controller sends an assignment for each change of a policy
constexpr std::size_t kAssignmentBytesMax = std::size_t{16} << 20;  // thousands of policies with long expressions

// For good: the saved ids as well.
base::Status become(const std::string& user) {
  if (user.empty() || ::geteuid() != 0) return {};
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return base::fail(base::ErrorCode::kNotFound, "no user '" + user + "'", "", "--user");
  const bool done = ::initgroups(user.c_str(), entry->pw_gid) == 0 &&
                    ::setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) == 0 &&
                    ::setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) == 0;
  if (!done) return base::fail(base::ErrorCode::kDenied, "cannot become user '" + user + "'", "", "--user");
  return {};
}

// Blocked in all threads; one thread waits for them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

std::filesystem::path run_directory(const NodeCommand& command, const http::Endpoint& endpoint) {
  return endpoint.kind == http::Endpoint::Kind::kUnix ? std::filesystem::path(endpoint.path).parent_path()
                                                      : command.record_directory;
}

node::NodeOptions node_options(const NodeCommand& command) {
  node::NodeOptions options;
  options.name = command.name;
  options.recorder.directory = command.record_directory;
  options.recorder.rotate_bytes = command.rotate_bytes;
  options.recorder.rotate_every = std::chrono::seconds(command.rotate_seconds);
  return options;
}

void log_assignment(const node::Assignment& assignment, const base::Status& status) {
  if (!status) return spdlog::error("assignment {} refused: {}", assignment.revision, base::render(status.error()));
  spdlog::info("assignment {} in force: epoch {}, {} policies, {} taps", assignment.revision, assignment.epoch,
               assignment.policies.size(), assignment.taps.size());
}

void log_controller(const std::optional<base::Error>& error) {
  if (error) return spdlog::warn("controller cannot be reached: {}", base::render(*error));
  spdlog::info("registered with the controller");
}

// Tells news once: limits that were reached (to the controller as well) and recordings that cannot write.
class News {
 public:
  void look(const node::NodeReport& report, node::Registrar& registrar) {
    const std::set<std::string> ended(report.ended.begin(), report.ended.end());
    if (ended != ended_) {
      for (const std::string& policy : ended) {
        if (!ended_.contains(policy)) spdlog::info("policy {} has reached its limit", policy);
      }
      ended_ = ended;
      registrar.poke();
    }
    std::set<std::string> problems;
    for (const auto& problem : report.problems) problems.insert(problem.policy + ": " + base::render(problem.error));
    for (const std::string& problem : problems) {
      if (!problems_.contains(problem)) spdlog::error("not recording policy {}", problem);
    }
    problems_ = std::move(problems);
  }

 private:
  std::set<std::string> ended_;
  std::set<std::string> problems_;
};

// The API on a thread of its own, for as long as the object lives.
class ApiThread {
 public:
  ApiThread() = default;
  ApiThread(const ApiThread&) = delete;
  ApiThread& operator=(const ApiThread&) = delete;
  base::Status listen(const NodeCommand& command, const http::Endpoint& endpoint, const std::string& token,
                      http::Router router) {
    http::ServerOptions options;
    options.endpoints = {endpoint};
    options.tokens = {token};
    options.limits.body_bytes = kAssignmentBytesMax;
    options.limits.requests_per_second = kRequestsPerSecond;
    options.limits.request_burst = kRequestsPerSecond;
    options.limits.connections =
        apps::share_descriptors(apps::raise_descriptor_limit(), {options.limits.connections, 0}).clients;
    options.on_trouble = [](const base::Error& error) { spdlog::warn("{}", base::render(error)); };
    if (!command.tls_certificate.empty()) options.tls = http::TlsFiles{command.tls_certificate, command.tls_key};
    auto server = http::Server::listen(io_, std::move(options),
                                       [router = std::move(router)](http::Request request, http::Responder responder) {
                                         router.handle(std::move(request), std::move(responder));
                                       });
    if (!server) return std::unexpected(std::move(server.error()));
    server_ = std::move(*server);
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "api");
      io_.run();
    });
    return {};
  }
  [[nodiscard]] std::string endpoint() const { return http::to_string(server_->endpoints().front()); }
  // Gives readers of streams a moment to take what is on its way to them.
  void drain() const {
    for (auto waited = std::chrono::milliseconds(0); server_->statistics().streams > 0 && waited < kDrainTimeout;
         waited += kTick) {
      std::this_thread::sleep_for(kTick);
    }
  }
  ~ApiThread() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

struct Endpoints {
  http::Endpoint controller;
  http::Endpoint own;
};

base::Result<Endpoints> read_endpoints(const NodeCommand& command) {
  auto controller = http::parse_endpoint(command.controller);
  if (!controller) return std::unexpected(std::move(controller.error()));
  auto own = http::parse_endpoint(command.endpoint);
  if (!own) return std::unexpected(std::move(own.error()));
  return Endpoints{std::move(*controller), std::move(*own)};
}

base::Status serve(const NodeCommand& command, const Endpoints& endpoints, const sigset_t& signals,
                   node::PacketInput& input) {
  const auto token = http::make_token();
  if (!token) return std::unexpected(token.error());
  const base::SystemClock clock;
  recorder::SystemDisk disk;
  node::ControlLoop control;
  node::Node node(node_options(command), input, disk, clock);
  ApiThread api;
  auto router = node::make_api(node, control, log_assignment);
  if (auto status = api.listen(command, endpoints.own, *token, std::move(router)); !status) return status;
  node::Registrar registrar({endpoints.controller, command.token_file, command.ca_file, command.name, api.endpoint(),
                             *token, SUPERSPAN_VERSION},
                            node, log_controller);
  node.start();
  registrar.start();
  spdlog::info("node {} receives from {} ({}), listens on {}, records to {}", command.name, command.interface,
               command.io, api.endpoint(), command.record_directory.string());

  std::thread waiter([&] {
    int signal = 0;
    ::sigwait(&signals, &signal);
    spdlog::info("stopping on signal {}", signal);
    control.stop();
  });
  News news;
  control.run(
      [&] {
        node.tick();
        news.look(node.report(), registrar);
      },
      kTick);
  waiter.join();
  registrar.stop();
  node.stop();
  api.drain();
  return {};
}

base::Status run(const NodeCommand& command) {
  const auto endpoints = read_endpoints(command);
  if (!endpoints) return std::unexpected(endpoints.error());
  const sigset_t signals = block_signals();
  const auto io = command.io == "af_xdp" ? node::PortIo::kAfXdp : node::PortIo::kAfPacket;
  auto input = node::DpdkInput::open({command.interface, io, run_directory(command, endpoints->own)});
  if (!input) return std::unexpected(std::move(input.error()));
  if (auto status = become(command.user); !status) return status;
  return serve(command, *endpoints, signals, **input);
}

}  // namespace
}  // namespace superspan

int main(int argc, char** argv) {
  const auto command = superspan::apps::read_command_line(argc, argv);
  if (const auto* leave = std::get_if<superspan::apps::Leave>(&command)) return superspan::apps::take_leave(*leave);
  const auto& node = std::get<superspan::apps::NodeCommand>(command);
  superspan::apps::open_log("superspan-node", node.log_level);
  const auto status = superspan::run(node);
  if (status) return 0;
  spdlog::error("{}", superspan::base::render(status.error()));
  return superspan::base::exit_code(status.error().code);
}
