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

// In a fabric the controller and the nodes have machines of their own; here all switches and all traffic share theirs.
Arguments preferred(Arguments program) {
  Arguments all = {"nice", "-n", "-10"};
  all.insert(all.end(), std::make_move_iterator(program.begin()), std::make_move_iterator(program.end()));
  return all;
}

DaemonSpec controller_spec(const UpOptions& options) {
  const path& run = options.run_dir;
  return {"superspand",
          "",
          preferred({(binaries_folder(options) / "superspand").string(), "--fabric", (run / "fabric.yaml").string(),
                     "--inventory", (run / "inventory.yaml").string(), "--state", (run / "state").string(), "--listen",
                     std::string(kApiAddress), "--socket", (run / "superspand.sock").string(), "--openflow",
                     fmt::format("tcp:{}:6653", kManagementAddress)}),
          {},
          run / "superspand.log"};
}

DaemonSpec node_spec(const UpOptions& options, const std::string& name) {
  const path& run = options.run_dir;
  const path records = run / "records" / name;
  return {
      name + "/superspan-node",
      "ss-" + name,
      preferred({(binaries_folder(options) / "superspan-node").string(), "--name", name, "--controller",
                 "unix:" + (run / "superspand.sock").string(), "--token-file", (run / "token").string(), "--interface",
                 std::string(kNodeDevice), "--io", options.io == NodeIo::kAfXdp ? "af_xdp" : "af_packet", "--endpoint",
                 "unix:" + (run / (name + ".sock")).string(), "--record-dir", records.string()}),
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

// A number of /v1/health; -1 while there is no answer.
std::int64_t health(const UpOptions& options, const char* member) {
  const auto answer = ask(options, "/v1/health");
  const auto* object = answer ? answer->if_object() : nullptr;
  const auto* value = object != nullptr ? object->if_contains(member) : nullptr;
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

// "filter1 absent, mux1 waiting (...)": the entries of an API list that are not in the wanted state.
std::string not_ready(const UpOptions& options, const std::string& list_name, std::string_view wanted) {
  std::string out;
  const auto answer = ask(options, "/v1/" + list_name);
  const auto* object = answer ? answer->if_object() : nullptr;
  const auto* list = object != nullptr ? object->if_contains(list_name) : nullptr;
  if (list == nullptr || !list->is_array()) return "the API does not answer";
  const auto text = [](const boost::json::value& item, const char* member) -> std::string {
    const auto* value = item.is_object() ? item.get_object().if_contains(member) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
  };
  for (const auto& item : list->get_array()) {
    if (text(item, "state") == wanted) continue;
    const std::string why = text(item, "why");
    out += fmt::format("{}{} {}{}", out.empty() ? "" : ", ", text(item, "name"), text(item, "state"),
                       why.empty() ? "" : " (" + why + ")");
  }
  return out;
}

Status died(const Started& program) {
  return base::fail(ErrorCode::kInternal, fmt::format("{} ended; its last words:\n{}", program.daemon.name,
                                                      last_lines(program.daemon.log, 10)));
}

struct Condition {
  std::string what;  // "no WHAT within 20 s"
  std::function<bool()> holds;
  std::function<std::string()> why_not;  // for the error; may be empty
};

// Asks until the condition holds. Stops early when one of the programs has ended.
Status wait_for(const std::vector<Started>& programs, std::chrono::seconds timeout, const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition.holds()) {
    for (const Started& program : programs) {
      if (!is_running(program.process)) return died(program);
    }
    if (std::chrono::steady_clock::now() > deadline) {
      std::string message = fmt::format("no {} within {} s", condition.what, timeout.count());
      if (condition.why_not) message += ": " + condition.why_not();
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
  const Condition answers{"answer of the API", [&] { return health(options, "epoch") >= 0; }, {}};
  if (auto ready = wait_for(programs, options.control_timeout, answers); !ready) return ready;
  if (auto started = start_nodes(options, plan, journal, programs); !started) return started;
  const auto switches = static_cast<std::int64_t>(plan.switches.size());
  const auto nodes = static_cast<std::int64_t>(plan.nodes.size());
  const Condition synced{"agreement with all switches", [&] { return health(options, "switches_synced") == switches; },
                         [&] { return not_ready(options, "switches", "synced"); }};
  if (auto ready = wait_for(programs, options.control_timeout, synced); !ready) return ready;
  const Condition registered{"registration of all nodes", [&] { return health(options, "nodes_up") == nodes; },
                             [&] { return not_ready(options, "nodes", "up"); }};
  return wait_for(programs, options.control_timeout, registered);
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
