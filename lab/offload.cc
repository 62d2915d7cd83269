// SPDX-License-Identifier: Apache-2.0
#include "lab/offload.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "lab/file.h"

namespace superspan::lab {

base::Status turn_off_offloads(const std::string& device) {
  const File socket_file(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_file) return fail_errno("cannot make a socket");
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), sizeof(request.ifr_name) - 1);
  ethtool_value value{};
  request.ifr_data = reinterpret_cast<char*>(&value);
  const auto call = [&] { return ioctl(socket_file.get(), SIOCETHTOOL, &request) == 0; };
  for (const std::uint32_t command : {ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}) {
    value = {command, 0};
    if (!call()) return fail_errno(fmt::format("cannot turn off offload {:#x} of {}", command, device));
  }
  value = {ETHTOOL_GFLAGS, 0};
  if (!call()) return fail_errno(fmt::format("cannot read the offloads of {}", device));
  value = {ETHTOOL_SFLAGS, value.data & ~static_cast<std::uint32_t>(ETH_FLAG_RXVLAN | ETH_FLAG_TXVLAN)};
  if (!call()) return fail_errno(fmt::format("cannot turn off the VLAN offloads of {}", device));
  return {};
}

}  // namespace superspan::lab
