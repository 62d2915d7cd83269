// SPDX-License-Identifier: Apache-2.0
#include "lab/lab.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "lab/control.h"
#include "lab/interrupt.h"
#include "lab/journal.h"
#include "lab/lock.h"
#include "lab/network.h"
#include "lab/plan.h"
#include "lab/services.h"
#include "lab/switches.h"
#include "lab/topology.h"
#include "lab/traffic.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr std::chrono::milliseconds kEndPatience{3000};
constexpr int kEndRounds = 3;  // a process of the lab may have started another one meanwhile

Status check_programs(const Plan& plan) {
  std::vector<std::pair<const char*, const char*>> needed = {{"ip", "iproute2"},
                                                             {"tc", "iproute2"},
                                                             {"ovsdb-tool", "openvswitch-switch"},
                                                             {"ovsdb-server", "openvswitch-switch"},
                                                             {"ovs-vswitchd", "openvswitch-switch"},
                                                             {"ovs-vsctl", "openvswitch-switch"}};
  if (!plan.web.empty()) needed.insert(needed.end(), {{"nginx", "nginx-light"}, {"openssl", "openssl"}});
  if (!plan.dns.empty()) needed.emplace_back("dnsmasq", "dnsmasq-base");
  if (!plan.iperf3.empty()) needed.emplace_back("iperf3", "iperf3");
  for (const auto& [program, package] : needed) {
    if (!has_program(program)) {
      return base::fail(ErrorCode::kUnavailable, fmt::format("program '{}' is missing", program),
                        fmt::format("apt-get install {}, or `make deps` for everything", package));
    }
  }
  return {};
}

struct Step {
  std::string what;  // said when it is done
  std::function<Status()> work;
};

std::vector<Step> steps_of(const UpOptions& options, const Plan& plan, Journal& journal) {
  std::vector<Step> steps;
  steps.push_back({fmt::format("network: {} namespaces, {} links, {} tapped ports", plan.namespaces.size(),
                               plan.links.size(), plan.mirrors.size()),
                   [&] { return build_network(plan, journal); }});
  steps.push_back({fmt::format("fabric: {} switches", plan.switches.size()),
                   [&] { return start_switches(plan, options.run_dir, journal); }});
  steps.push_back(
      {fmt::format("services: {} web, {} DNS, {} iperf3", plan.web.size(), plan.dns.size(), plan.iperf3.size()),
       [&] { return start_services(plan, options.run_dir, journal); }});
  if (options.start_control) {
    steps.push_back(
        {fmt::format("control: {} switches in agreement, {} nodes registered", plan.switches.size(), plan.nodes.size()),
         [&] { return start_control(options, plan, journal); }});
  }
  if (options.start_traffic) {
    steps.push_back({fmt::format("traffic: {} exchanges a second", kExchangesPerSecond),
                     [&] { return start_traffic(options, journal); }});
  }
  return steps;
}

Status build(const std::vector<Step>& steps, const InterruptGuard& interrupt, const Progress& progress) {
  for (const Step& step : steps) {
    const auto begin = std::chrono::steady_clock::now();
    Status done = interrupt.pending() ? Status() : step.work();
    if (interrupt.pending()) return base::fail(ErrorCode::kUnavailable, "interrupted");
    if (!done) return done;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    if (progress) progress(fmt::format("{} ({:.1f} s)", step.what, seconds.count()));
  }
  return {};
}

std::vector<std::string> namespace_names(const JournalContent& content) {
  std::vector<std::string> names;
  names.reserve(content.namespaces.size());
  for (const JournaledNamespace& item : content.namespaces) names.push_back(item.name);
  return names;
}

Status remove_files(const path& run_dir) {
  std::error_code error;
  std::filesystem::remove_all(run_dir, error);
  if (error)
    return base::fail(ErrorCode::kInternal, fmt::format("cannot remove {}: {}", run_dir.string(), error.message()));
  return {};
}

Status remove_all(const path& run_dir, const Progress& progress) {
  const auto content = read_journal(run_dir);
  if (!content) return std::unexpected(content.error());
  std::vector<ProcessId> ours;
  for (const JournaledProcess& process : content->processes) ours.push_back(process.id);
  const auto names = namespace_names(*content);
  end_processes(ours, kEndPatience);
  // Whatever else runs inside our namespaces (a shell, a tcpdump) would keep them alive unseen.
  for (int round = 0; round < kEndRounds; ++round) {
    const auto others = processes_in(names);
    if (others.empty()) break;
    end_processes(others, kEndPatience);
  }
  if (auto removed = remove_network(names, content->devices); !removed) return removed;
  if (auto removed = remove_files(run_dir); !removed) return removed;
  if (progress && !content->topology.empty()) {
    progress(fmt::format("removed {} processes, {} namespaces", ours.size(), names.size()));
  }
  return {};
}

Status record_next_steps(const Plan& plan, const UpOptions& options, Journal& journal) {
  std::vector<std::string> steps;
  if (!plan.web.empty()) steps.push_back(fmt::format("ip netns exec ss-host1 curl http://{}/", plan.web[0].ipv4));
  if (!plan.dns.empty())
    steps.push_back(fmt::format("ip netns exec ss-host1 dig +short @{} web.lab", plan.dns[0].ipv4));
  if (options.start_control) steps.insert(steps.begin(), {"superspan taps", "superspan capture 'udp port 53' -c 10"});
  steps.push_back("superspan lab down");
  for (const std::string& step : steps) {
    if (auto written = journal.append({"next", step}); !written) return written;
  }
  return {};
}

Status build_or_remove(const UpOptions& options, const Topology& topology, const Plan& plan, Journal& journal,
                       const Progress& progress) {
  const InterruptGuard interrupt;  // also while removing: a second Ctrl-C does not leave half of it
  Status built = journal.append({"lab", options.topology});
  if (built) built = write_file(options.run_dir / kTopologyFile, topology.text);
  if (built) built = write_file(options.run_dir / "fabric.yaml", topology.fabric_text);
  if (built) built = write_file(options.run_dir / "inventory.yaml", inventory_text(plan));
  if (built) built = build(steps_of(options, plan, journal), interrupt, progress);
  if (built) built = record_next_steps(plan, options, journal);
  if (built) built = journal.append({"up"});
  if (built) return {};
  if (progress) progress("failed; removing what was built");
  if (const Status removed = remove_all(options.run_dir, {}); !removed) {
    base::Error error = built.error();
    error.message += "\nand removing it failed too: " + removed.error().message;
    error.hint = "run `superspan lab down`";
    return std::unexpected(std::move(error));
  }
  return built;
}

}  // namespace

Status up(const UpOptions& options, const Progress& progress) {
  if (auto allowed = check_root(); !allowed) return allowed;
  const auto topology = load_topology(options.topology);
  if (!topology) return std::unexpected(topology.error());
  const Plan plan = make_plan(*topology);
  if (auto there = check_programs(plan); !there) return there;
  if (auto there = check_binaries(options); !there) return there;
  const auto lock = Lock::take(path(kLockFolder));
  if (!lock) return std::unexpected(lock.error());
  std::error_code ignored;
  if (!std::filesystem::exists(options.run_dir / "journal", ignored)) {
    if (auto available = check_names_free(plan); !available) return available;
  }
  auto journal = Journal::create(options.run_dir);
  if (!journal) return std::unexpected(journal.error());
  return build_or_remove(options, *topology, plan, *journal, progress);
}

Status down(const path& run_dir, const Progress& progress) {
  if (auto allowed = check_root(); !allowed) return allowed;
  const auto lock = Lock::take(path(kLockFolder));
  if (!lock) return std::unexpected(lock.error());
  std::error_code ignored;
  if (!std::filesystem::exists(run_dir / "journal", ignored)) {
    if (progress) progress("no lab is up");
    std::filesystem::remove(run_dir, ignored);  // left empty by a crash between the folder and the journal
    return {};
  }
  return remove_all(run_dir, progress);
}

base::Result<StatusReport> status(const path& run_dir) {
  if (auto allowed = check_root(); !allowed) return std::unexpected(allowed.error());
  const auto content = read_journal(run_dir);
  if (!content) return std::unexpected(content.error());
  StatusReport report;
  report.up = content->up;
  report.topology = content->topology;
  report.endpoint = content->endpoint;
  report.token_file = content->token_file;
  report.next_steps = content->next_steps;
  for (const JournaledNamespace& item : content->namespaces) {
    const bool present = access(("/run/netns/" + item.name).c_str(), F_OK) == 0;
    report.namespaces.push_back({item.name, item.about, item.addresses, present});
  }
  for (const JournaledProcess& item : content->current_processes()) {
    report.processes.push_back({item.name, item.id.pid, item.network_namespace, is_running(item.id), item.log});
  }
  return report;
}

Status traffic(const path& run_dir, std::chrono::seconds duration, const Progress& progress) {
  if (auto allowed = check_root(); !allowed) return allowed;
  const auto content = read_journal(run_dir);
  if (!content) return std::unexpected(content.error());
  if (content->namespaces.empty()) {
    return base::fail(ErrorCode::kUnavailable, "no lab is up", "run `superspan lab up` first");
  }
  const auto topology = load_topology((run_dir / kTopologyFile).string());
  if (!topology) return std::unexpected(topology.error());
  const InterruptGuard interrupt;
  const auto end = std::chrono::steady_clock::now() + duration;
  const auto stop = [&] {
    return interrupt.pending() || (duration.count() != 0 && std::chrono::steady_clock::now() >= end);
  };
  const TrafficCount count = run_traffic(make_plan(*topology), stop);
  if (progress) progress(fmt::format("{} exchanges, {} failed", count.done, count.failed));
  if (progress && count.failed != 0) progress("last failure: " + count.last_failure);
  return {};
}

}  // namespace superspan::lab
