// SPDX-License-Identifier: Apache-2.0
// The one cast that the socket calls ask for.
#pragma once

#include <sys/socket.h>

namespace superspan::lab {

// `address` is one of the sockaddr_* structures of the kernel; the view lives as long as it.
template <typename T>
[[nodiscard]] const sockaddr* as_sockaddr(const T& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace superspan::lab
