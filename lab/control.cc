// SPDX-License-Identifier: Apache-2.0
#include "lab/control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

#include "http/client.h"
#include "http/endpoint.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr std::chrono::milliseconds kPollInterval{100};

struct Started {
  DaemonSpec daemon;
  ProcessId process;
};

base::Result<Started> start(DaemonSpec daemon, Journal& journal) {
  const auto process = journal.start(daemon);
  if (!process) return std::unexpected(process.error());
  return Started{std::move(daemon), *process};
}

DaemonSpec controller_spec(const UpOptions& options) {
  const path& run = options.run_dir;
  return {"superspand",
          "",
          {(binaries_folder(options) / "superspand").string(), "--fabric", (run / "fabric.yaml").string(), "--state",
           (run / "state").string(), "--listen", std::string(kApiAddress), "--socket",
           (run / "superspand.sock").string(), "--openflow", fmt::format("tcp:{}:6653", kManagementAddress)},
          {},
          run / "superspand.log"};
}

DaemonSpec node_spec(const UpOptions& options, const std::string& name) {
  const path& run = options.run_dir;
  const path records = run / "records" / name;
  return {name + "/superspan-node",
          "ss-" + name,
          {(binaries_folder(options) / "superspan-node").string(), "--name", name, "--controller",
           "unix:" + (run / "superspand.sock").string(), "--token-file", (run / "token").string(), "--interface",
           std::string(kNodeDevice), "--io", options.io == NodeIo::kAfXdp ? "af_xdp" : "af_packet", "--endpoint",
           "unix:" + (run / (name + ".sock")).string(), "--record-dir", records.string()},
          {},
          run / (name + ".log")};
}

// One question to the API; the answer's JSON. Anything else (nobody listens, an error status) is not yet.
std::optional<boost::json::value> ask(const UpOptions& options, std::string_view target) {
  const auto endpoint = http::parse_endpoint("unix:" + (options.run_dir / "superspand.sock").string());
  const auto token = read_file(options.run_dir / "token");
  if (!endpoint || !token) return std::nullopt;
  http::ClientOptions client_options;
  client_options.token = trimmed(*token);
  client_options.timeout_ms = 2000;
  const auto response = http::Client(*endpoint, client_options).request(http::Method::kGet, target);
  if (!response || !response->ok()) return std::nullopt;
  boost::system::error_code error;
  auto value = boost::json::parse(response->body, error);
  return error ? std::nullopt : std::optional(std::move(value));
}

// How many entries of a list of the API are in use: `{"switches": [{"name": .., "state": "connected"}]}`.
std::size_t count_in_state(const UpOptions& options, const std::string& what, std::string_view state) {
  const auto answer = ask(options, "/v1/" + what);
  const auto* object = answer ? answer->if_object() : nullptr;
  const auto* list = object != nullptr ? object->if_contains(what) : nullptr;
  if (list == nullptr || !list->is_array()) return 0;
  std::size_t count = 0;
  for (const auto& item : list->get_array()) {
    const auto* found = item.is_object() ? item.get_object().if_contains("state") : nullptr;
    if (found != nullptr && found->is_string() && found->get_string() == state) ++count;
  }
  return count;
}

Status died(const Started& program) {
  return base::fail(ErrorCode::kInternal, fmt::format("{} ended; its last words:\n{}", program.daemon.name,
                                                      last_lines(program.daemon.log, 10)));
}

// Asks `ready` until it says yes. Stops early when one of the programs has ended.
Status wait_for(const std::vector<Started>& programs, std::chrono::seconds timeout, const std::string& what,
                const std::function<bool()>& ready) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!ready()) {
    for (const Started& program : programs) {
      if (!is_running(program.process)) return died(program);
    }
    if (std::chrono::steady_clock::now() > deadline) {
      std::string message = fmt::format("no {} within {} s", what, timeout.count());
      for (const Started& program : programs) {
        message += fmt::format("\n{}:\n{}", program.daemon.name, last_lines(program.daemon.log, 5));
      }
      return base::fail(ErrorCode::kTimeout, std::move(message));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return {};
}

Status link_token(const path& run_dir) {
  std::error_code error;
  std::filesystem::create_symlink(run_dir / "state" / "token", run_dir / "token", error);
  if (error) return base::fail(ErrorCode::kInternal, fmt::format("cannot link the token: {}", error.message()));
  return {};
}

Status start_nodes(const UpOptions& options, const Plan& plan, Journal& journal, std::vector<Started>& programs) {
  for (const std::string& name : plan.nodes) {
    std::error_code error;
    std::filesystem::create_directories(options.run_dir / "records" / name, error);
    if (error) return base::fail(ErrorCode::kInternal, "cannot make the folder of recordings: " + error.message());
    auto node = start(node_spec(options, name), journal);
    if (!node) return std::unexpected(node.error());
    programs.push_back(std::move(*node));
  }
  return {};
}

}  // namespace

path binaries_folder(const UpOptions& options) {
  if (!options.binaries_dir.empty()) return std::filesystem::absolute(options.binaries_dir);
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

Status check_binaries(const UpOptions& options) {
  std::vector<std::string> names;
  if (options.start_control) names = {"superspand", "superspan-node"};
  if (options.start_traffic) names.emplace_back("superspan-lab-traffic");
  for (const std::string& name : names) {
    if (access((binaries_folder(options) / name).c_str(), X_OK) == 0) continue;
    return base::fail(ErrorCode::kUnavailable,
                      fmt::format("program '{}' is not in {}", name, binaries_folder(options).string()),
                      "build it (`make build`), or name the folder of the programs");
  }
  return {};
}

Status start_control(const UpOptions& options, const Plan& plan, Journal& journal) {
  const std::string endpoint = fmt::format("http://{}", kApiAddress);
  const path& run = options.run_dir;
  if (auto linked = link_token(run); !linked) return linked;
  if (auto written = write_file(run / "endpoint", endpoint + "\n"); !written) return written;
  if (auto written = journal.append({"endpoint", endpoint, (run / "token").string()}); !written) return written;
  auto controller = start(controller_spec(options), journal);
  if (!controller) return std::unexpected(controller.error());
  std::vector<Started> programs = {std::move(*controller)};
  const auto alive = [&] { return ask(options, "/v1/health").has_value(); };
  if (auto ready = wait_for(programs, options.control_timeout, "answer of the API", alive); !ready) return ready;
  if (auto started = start_nodes(options, plan, journal, programs); !started) return started;
  const auto connected = [&] { return count_in_state(options, "switches", "connected") == plan.switches.size(); };
  if (auto ready = wait_for(programs, options.control_timeout,
                            fmt::format("connection of all {} switches", plan.switches.size()), connected);
      !ready) {
    return ready;
  }
  const auto registered = [&] { return count_in_state(options, "nodes", "up") == plan.nodes.size(); };
  return wait_for(programs, options.control_timeout, fmt::format("registration of all {} nodes", plan.nodes.size()),
                  registered);
}

Status start_traffic(const UpOptions& options, Journal& journal) {
  const DaemonSpec spec{
      "traffic",
      "",
      {(binaries_folder(options) / "superspan-lab-traffic").string(), "run", "--run-dir", options.run_dir.string()},
      {},
      options.run_dir / "traffic.log"};
  const auto started = journal.start(spec);
  if (!started) return std::unexpected(started.error());
  return {};
}

}  // namespace superspan::lab
