// SPDX-License-Identifier: Apache-2.0
#include "lab/receive_buffer.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "lab/file.h"

namespace superspan::lab {

base::Status widen_receive_buffers(ProcessId process) {
  const File handle = open_process(process.pid);
  if (!handle || !is_running(process)) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("no process {}", process.pid));
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process.pid), error)) {
    const std::string name = entry.path().filename();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    const File socket_file(static_cast<int>(syscall(SYS_pidfd_getfd, handle.get(), number, 0)));
    int domain = 0;
    socklen_t size = sizeof(domain);
    if (!socket_file || getsockopt(socket_file.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) continue;
    if (domain != AF_PACKET) continue;
    if (setsockopt(socket_file.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes, sizeof(int)) != 0) {
      return fail_errno("cannot widen the receive buffer of a switch port");
    }
  }
  if (error) return base::fail(base::ErrorCode::kInternal, "cannot read the files of a process: " + error.message());
  return {};
}

}  // namespace superspan::lab
