// SPDX-License-Identifier: Apache-2.0
#include "lab/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "lab/file.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;

struct Launch {
  const Arguments& arguments;
  const std::vector<std::string>& environment;
  int network_namespace = -1;
  int input = -1;  // -1: /dev/null
  int output = -1;
  int errors = -1;
  bool own_session = false;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) out.emplace_back(*entry);
  out.insert(out.end(), added.begin(), added.end());
  return out;
}

// Runs in the child, between fork and exec: system calls only. Returns only on failure.
void become(const Launch& launch, int gate, char* const* argv, char* const* envp) {
  char go = 0;
  if (read(gate, &go, 1) != 1) _exit(127);  // we were not recorded: never run
  if (launch.own_session) setsid();
  if (launch.network_namespace >= 0 && setns(launch.network_namespace, CLONE_NEWNET) != 0) return;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  dup2(launch.input >= 0 ? launch.input : null, STDIN_FILENO);
  dup2(launch.output >= 0 ? launch.output : null, STDOUT_FILENO);
  dup2(launch.errors >= 0 ? launch.errors : null, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvpe(argv[0], argv, envp);
}

// Forks; calls `record` while the child waits; lets it go; returns when exec has happened or failed.
// Children started at the same time inherit each other's gates until they run; the one forked last holds none but its
// own, so if we die, the gates close one after the other, and no child ever runs.
base::Result<pid_t> fork_and_exec(const Launch& launch, const std::function<base::Status(pid_t)>& record) {
  Arguments words = launch.arguments;
  std::vector<std::string> variables = environment_with(launch.environment);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  int gate[2];
  int failure[2];
  if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  File gate_read(gate[0]), gate_write(gate[1]), failure_read(failure[0]), failure_write(failure[1]);
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("cannot fork");
  if (pid == 0) {
    close(gate[1]);
    become(launch, gate[0], argv.data(), envp.data());
    const int reason = errno;
    (void)!write(failure[1], &reason, sizeof(reason));
    _exit(127);
  }
  gate_read.close();
  failure_write.close();
  const base::Status recorded = record(pid);
  if (recorded) (void)!write(gate[1], "g", 1);
  gate_write.close();
  int reason = 0;
  const bool failed = read(failure[0], &reason, sizeof(reason)) == sizeof(reason);
  if (!recorded || failed) waitpid(pid, nullptr, 0);
  if (!recorded) return std::unexpected(recorded.error());
  if (!failed) return pid;
  if (reason == ENOENT) {
    return base::fail(ErrorCode::kUnavailable, fmt::format("program '{}' is missing", words[0]),
                      "install the packages in tools/deps.txt (`make deps`)");
  }
  return base::fail(ErrorCode::kInternal, fmt::format("cannot run {}: {}", words[0], std::strerror(reason)));
}

base::Result<File> open_namespace(const std::string& name) {
  if (name.empty()) return File();
  return open_file("/run/netns/" + name, O_RDONLY);
}

base::Result<File> memory_file(const char* name, const std::string& content) {
  File file(memfd_create(name, MFD_CLOEXEC));
  if (!file || write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    return fail_errno("cannot make a memory file");
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Waits until the process has ended; false after the timeout.
bool wait_ended(int process, std::chrono::milliseconds timeout) {
  return wait_readable(process, timeout);
}

// For errors: some commands are longer than a screen.
std::string shown(const Arguments& arguments) {
  constexpr std::size_t kShownBytes = 100;
  std::string text = fmt::format("{}", fmt::join(arguments, " "));
  if (text.size() > kShownBytes) text.replace(kShownBytes, std::string::npos, " ...");
  return text;
}

base::Status check_exit(const Arguments& arguments, const siginfo_t& info, const std::string& errors) {
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  const std::string how = info.si_code == CLD_EXITED ? fmt::format("exit status {}", info.si_status)
                                                     : fmt::format("signal {}", info.si_status);
  return base::fail(ErrorCode::kInternal,
                    fmt::format("`{}` failed ({}): {}", shown(arguments), how, errors.empty() ? "no words" : errors));
}

}  // namespace

base::Result<std::string> run(const Arguments& arguments, const CommandOptions& options) {
  auto space = open_namespace(options.network_namespace);
  if (!space) return std::unexpected(space.error());
  auto input = memory_file("input", options.input);
  auto output = memory_file("output", "");
  auto errors = memory_file("errors", "");
  if (!input || !output || !errors) return fail_errno("cannot make memory files");
  const Launch launch{arguments, options.environment, space->get(), input->get(), output->get(), errors->get()};
  const auto pid = fork_and_exec(launch, [](pid_t) { return base::Status(); });
  if (!pid) return std::unexpected(pid.error());
  const File process = open_process(*pid);
  const bool in_time = wait_ended(process.get(), options.timeout);
  if (!in_time) kill(*pid, SIGKILL);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(*pid), &info, WEXITED);
  if (!in_time) {
    return base::fail(ErrorCode::kTimeout,
                      fmt::format("`{}` did not end within {} ms", shown(arguments), options.timeout.count()));
  }
  const base::Status ended = check_exit(arguments, info, trimmed(read_all(errors->get())));
  if (!ended) return std::unexpected(ended.error());
  return read_all(output->get());
}

base::Result<ProcessId> start_daemon(const DaemonSpec& spec, const std::function<base::Status(ProcessId)>& record) {
  auto space = open_namespace(spec.network_namespace);
  if (!space) return std::unexpected(space.error());
  auto log = open_file(spec.log, O_WRONLY | O_CREAT | O_APPEND);
  if (!log) return std::unexpected(log.error());
  const Launch launch{spec.arguments, spec.environment, space->get(), -1, log->get(), log->get(), true};
  ProcessId id;
  const auto pid = fork_and_exec(launch, [&](pid_t child) -> base::Status {
    auto found = identify(child);
    if (!found) return std::unexpected(found.error());
    id = *found;
    return record(id);
  });
  if (!pid) {
    base::Error error = pid.error();
    error.place = spec.name;
    return std::unexpected(std::move(error));
  }
  return id;
}

base::Result<ProcessId> identify(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  // Field 2 is the name in parentheses and may hold anything; state is field 3, the start time field 22.
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return base::fail(ErrorCode::kNotFound, fmt::format("no process {}", pid));
  char state = 0;
  unsigned long long start = 0;
  const int fields =
      std::sscanf(text->c_str() + name_end + 1,
                  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state, &start);
  if (fields != 2 || state == 'Z' || state == 'X')
    return base::fail(ErrorCode::kNotFound, fmt::format("no process {}", pid));
  return ProcessId{pid, start};
}

bool is_running(ProcessId process) {
  const auto now = identify(process.pid);
  return now && *now == process;
}

void end_processes(const std::vector<ProcessId>& processes, std::chrono::milliseconds patience) {
  struct Target {
    pid_t pid;
    File handle;
  };
  std::vector<Target> targets;
  for (const ProcessId& process : processes) {
    // The handle is opened first: it cannot come to mean another process between the check and the signal.
    File handle = open_process(process.pid);
    if (handle && is_running(process)) targets.push_back({process.pid, std::move(handle)});
  }
  for (const Target& target : targets) signal_process(target.handle.get(), SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const Target& target : targets) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!wait_ended(target.handle.get(), std::max(left, std::chrono::milliseconds(0)))) {
      signal_process(target.handle.get(), SIGKILL);
      wait_ended(target.handle.get(), std::chrono::milliseconds(2000));
    }
    waitpid(target.pid, nullptr, WNOHANG);  // ours if this same program started it
  }
}

bool has_program(std::string_view name) {
  const char* path = getenv("PATH");
  std::string_view folders = path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    if (access(fmt::format("{}/{}", folders.substr(0, end), name).c_str(), X_OK) == 0) return true;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return false;
}

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
  const auto text = read_file(file);
  if (!text) return {};
  const std::string all = trimmed(*text);
  std::size_t begin = all.size();
  for (std::size_t line = 0; line < count && begin != 0; ++line) {
    const std::size_t newline = all.rfind('\n', begin - 1);
    begin = newline == std::string::npos ? 0 : newline;
  }
  std::string out;
  for (std::size_t at = begin; at < all.size();) {
    if (all[at] == '\n') ++at;
    const std::size_t end = std::min(all.find('\n', at), all.size());
    out += fmt::format("{}  {}", out.empty() ? "" : "\n", std::string_view(all).substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace superspan::lab
