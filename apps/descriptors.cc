// SPDX-License-Identifier: Apache-2.0
#include "apps/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace superspan::apps {
namespace {

// The state, logs, recordings, connections to nodes.
constexpr std::size_t kReserved = 256;

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

DescriptorShare share_descriptors(std::size_t limit, DescriptorShare wanted) {
  const std::size_t all = std::max<std::size_t>(limit > kReserved ? limit - kReserved : 0, 2);
  const std::size_t switches = std::min(wanted.switches, all / 2);
  return {std::min(wanted.clients, all - switches), switches};
}

}  // namespace superspan::apps
