// SPDX-License-Identifier: Apache-2.0
#include "cli/tcpdump_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace superspan::cli {
namespace {

// Also where it lies on Debian when /usr/sbin is not in PATH.
constexpr std::array<const char*, 3> kPlaces{"tcpdump", "/usr/sbin/tcpdump", "/usr/bin/tcpdump"};

class TcpdumpSink final : public PacketSink {
 public:
  TcpdumpSink(int fd, pid_t child) : fd_(fd), child_(child) {}
  TcpdumpSink(const TcpdumpSink&) = delete;
  TcpdumpSink& operator=(const TcpdumpSink&) = delete;
  ~TcpdumpSink() override { finish(); }

  base::Result<bool> write(base::BytesView blocks) override {
    fed_ = fed_ || !blocks.empty();
    return write_all(fd_, blocks, name());
  }
  bool reader_gone() override { return nobody_reads(fd_); }
  std::string name() const override { return "the terminal"; }
  bool draws() const override { return true; }

  base::Status close() override {
    const int status = finish();
    // Without a single block there was nothing to read, which tcpdump calls an error.
    if (!fed_ || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return {};
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) return {};
    return base::fail(base::ErrorCode::kInternal, "tcpdump, which prints the packets, failed",
                      "its message is above; -w FILE keeps the packets without it");
  }

 private:
  int finish() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    if (child_ <= 0) return 0;
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return status;
  }

  int fd_;
  pid_t child_;
  bool fed_ = false;
};

// Ctrl-C goes to every process of the terminal; tcpdump must survive it to print what still comes.
void block_signals(posix_spawnattr_t& attributes) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&blocked, signal);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

pid_t spawn(int read_end, int out_fd) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  block_signals(attributes);
  std::array<std::string, 5> words{"tcpdump", "-l", "-n", "-r", "-"};
  std::array<char*, 6> arguments{};
  for (std::size_t index = 0; index < words.size(); ++index) arguments[index] = words[index].data();
  pid_t child = -1;
  for (const char* place : kPlaces) {
    if (posix_spawnp(&child, place, &actions, &attributes, arguments.data(), environ) == 0) break;
    child = -1;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

}  // namespace

std::unique_ptr<PacketSink> start_tcpdump(const Terminal& terminal) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return nullptr;
  const pid_t child = spawn(ends[0], terminal.out_fd);
  ::close(ends[0]);
  if (child > 0) return std::make_unique<TcpdumpSink>(ends[1], child);
  ::close(ends[1]);
  return nullptr;
}

}  // namespace superspan::cli
