// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "lab/journal.h"
#include "lab/lab.h"
#include "lab/lock.h"
#include "lab/plan.h"
#include "lab/switches.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr std::chrono::milliseconds kEndPatience{3000};
constexpr std::chrono::milliseconds kMustLive{300};  // what is wrong from its start has ended by then

constexpr std::string_view kForwarder = "/ovs-vswitchd";

base::Result<JournaledProcess> find_process(const JournalContent& content, const std::string& name) {
  const auto processes = content.current_processes();
  for (const std::string& full : {name, name + std::string(kForwarder), name + "/superspan-node"}) {
    const auto found = std::ranges::find(processes, full, &JournaledProcess::name);
    if (found != processes.end() && !found->arguments.empty()) return *found;
  }
  std::vector<std::string> names;
  names.reserve(processes.size());
  for (const JournaledProcess& process : processes) names.push_back(process.name);
  return base::fail(ErrorCode::kNotFound, fmt::format("the lab has no process '{}'", name),
                    fmt::format("it has {}", fmt::join(names, ", ")));
}

base::Result<std::optional<PlannedSwitch>> switch_of(const JournaledProcess& process, const path& run_dir) {
  const auto topology = load_topology((run_dir / kTopologyFile).string());
  if (!topology) return std::unexpected(topology.error());
  for (const PlannedSwitch& planned : make_plan(*topology).switches) {
    if (process.name == planned.fabric_switch.name + std::string(kForwarder)) return planned;
  }
  return std::nullopt;
}

Status check_alive(const JournaledProcess& process, ProcessId id) {
  const auto end = std::chrono::steady_clock::now() + kMustLive;
  while (std::chrono::steady_clock::now() < end) {
    if (!is_running(id)) {
      return base::fail(ErrorCode::kInternal,
                        fmt::format("{} ended again; its last words:\n{}", process.name, last_lines(process.log, 10)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

}  // namespace

Status restart(const path& run_dir, const std::string& name, const Progress& progress) {
  if (auto allowed = check_root(); !allowed) return allowed;
  const auto lock = Lock::take(path(kLockFolder));
  if (!lock) return std::unexpected(lock.error());
  auto journal = Journal::open(run_dir);
  if (!journal) return std::unexpected(journal.error());
  const auto content = read_journal(run_dir);
  if (!content) return std::unexpected(content.error());
  const auto process = find_process(*content, name);
  if (!process) return std::unexpected(process.error());
  const auto planned = switch_of(*process, run_dir);
  if (!planned) return std::unexpected(planned.error());

  const auto begin = std::chrono::steady_clock::now();
  end_processes({process->id}, kEndPatience);
  const auto started = journal->start(
      {process->name, process->network_namespace, process->arguments, process->environment, process->log});
  if (!started) return std::unexpected(started.error());
  const Status works = planned->has_value()
                           ? settle_switch(**planned, run_dir / (*planned)->fabric_switch.name, *started)
                           : check_alive(*process, *started);
  if (!works) return works;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (progress)
    progress(fmt::format("{} runs again, process {} ({:.1f} s)", process->name, started->pid, seconds.count()));
  return {};
}

}  // namespace superspan::lab
