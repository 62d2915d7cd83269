// SPDX-License-Identifier: Apache-2.0
// Takes every file descriptor that the process may still open, for as long as it lives. Only for tests.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace superspan::base::testing {

class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = std::min<rlim_t>(few.rlim_cur, 256);
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int taken = take(); taken >= 0; taken = take()) taken_.push_back(taken);
  }
  ~NoDescriptors() {
    for (const int each : taken_) ::close(each);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  static int take() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace superspan::base::testing
