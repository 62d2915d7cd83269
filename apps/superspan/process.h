// SPDX-License-Identifier: Apache-2.0
// The program as a shell and a person at a terminal start it, for tests. SUPERSPAN_BIN_DIR is where it lies.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace superspan::cli::test {

struct Ran {
  int code = 0;
  std::string out;
};

// Runs a line in bash with the program in PATH; standard error goes where the line sends it.
inline Ran bash(const std::string& line) {
  setenv("SUPERSPAN_LINE", line.c_str(), 1);
  FILE* pipe = popen("PATH=" SUPERSPAN_BIN_DIR ":$PATH exec bash --norc -c \"$SUPERSPAN_LINE\"", "r");
  if (pipe == nullptr) return {.code = 127, .out = {}};
  Ran ran;
  std::array<char, 4096> chunk{};
  for (std::size_t count = 0; (count = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    ran.out.append(chunk.data(), count);
  }
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

// The program as the only one on a terminal of its own, where Ctrl-C is a key.
class OnTerminal {
 public:
  explicit OnTerminal(std::vector<std::string> words) {
    words.insert(words.begin(), SUPERSPAN_BIN_DIR "/superspan");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }

  // Everything up to now, as soon as `text` has been printed `times` times.
  bool wait_for(const std::string& text, int times = 1) {
    while (count(text) < times && read_more()) {
    }
    return count(text) >= times;
  }
  void type(const std::string& keys) const {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Reads until nobody has the terminal open any more.
  int exit_code() {
    while (read_more()) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] int count(const std::string& text) const {
    int found = 0;
    for (std::size_t at = 0; (at = out_.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }

 private:
  // False at the end, or if nothing comes for very long.
  bool read_more() {
    constexpr int kPatience_ms = 60'000;
    pollfd query{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (::poll(&query, 1, kPatience_ms) != 1) return false;
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(terminal_, chunk.data(), chunk.size());
    if (got > 0) out_.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int terminal_ = -1;
  pid_t pid_ = 0;
  std::string out_;
};

}  // namespace superspan::cli::test
