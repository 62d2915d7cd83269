// SPDX-License-Identifier: Apache-2.0
// Programs of the machine, run in network namespaces: short commands with their output, and daemons that outlive us.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::lab {

using Arguments = std::vector<std::string>;  // program and its arguments; the program is looked up in PATH

struct CommandOptions {
  std::string network_namespace;         // name as in `ip netns`; empty: the caller's
  std::string input;                     // standard input
  std::vector<std::string> environment;  // "KEY=value", added to ours
  std::chrono::milliseconds timeout{20'000};
};

// Runs a command to its end and gives what it printed on standard output. A failure (exit status other than 0, signal,
// timeout) is an error that names the command and ends with what it printed on standard error.
[[nodiscard]] base::Result<std::string> run(const Arguments& arguments, const CommandOptions& options = {});

struct DaemonSpec {
  std::string name;  // for people: "host3/nginx"
  std::string network_namespace;
  Arguments arguments;
  std::vector<std::string> environment;
  std::filesystem::path log;  // standard output and error are appended
};

// A process that we started or once started. The start time tells it from a later process with the same number.
struct ProcessId {
  pid_t pid = 0;
  unsigned long long start_ticks = 0;  // clock ticks after boot, field 22 of /proc/PID/stat (man 5 proc)
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// Starts a daemon in a session of its own. `record` is called with its id before the program runs; if it fails, or if
// we die before it returns, the program never runs.
[[nodiscard]] base::Result<ProcessId> start_daemon(const DaemonSpec& spec,
                                                   const std::function<base::Status(ProcessId)>& record);

// The id of a process that exists now (a zombie does not count).
[[nodiscard]] base::Result<ProcessId> identify(pid_t pid);
[[nodiscard]] bool is_running(ProcessId process);

// Ends processes: SIGTERM to all, `patience` for all together, then SIGKILL; returns when all are gone. Processes that
// are gone, or whose number belongs to somebody else by now, are left alone.
void end_processes(const std::vector<ProcessId>& processes, std::chrono::milliseconds patience);

// Whether a program is in PATH.
[[nodiscard]] bool has_program(std::string_view name);

// The last `count` lines of a file, indented by two blanks; empty if there is no such file.
[[nodiscard]] std::string last_lines(const std::filesystem::path& file, std::size_t count);

}  // namespace superspan::lab
