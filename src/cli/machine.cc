// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

namespace superspan::cli {
namespace {

namespace fs = std::filesystem;

// AF_XDP with shared and copy-mode sockets, and what Debian's libxdp expects.
constexpr std::pair<int, int> kKernelWanted{5, 10};

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin"}) {
    const fs::path path = fs::path(folder) / name;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

std::vector<std::string> find_dpdk_drivers() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const char* library_dir : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib"}) {
    for (const auto& folder : fs::directory_iterator(fs::path(library_dir) / "dpdk", ignored)) {
      for (const char* driver : {"af_packet", "af_xdp"}) {
        const fs::path file = folder.path() / fmt::format("librte_net_{}.so", driver);
        const bool fresh = std::ranges::find(found, driver) == found.end();
        if (fresh && fs::exists(file, ignored)) found.emplace_back(driver);
      }
    }
  }
  return found;
}

int try_af_xdp() {
  const int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

std::pair<int, int> kernel_version(const std::string& release) {
  std::pair<int, int> version{0, 0};
  const char* const end = release.data() + release.size();
  const auto [after, error] = std::from_chars(release.data(), end, version.first);
  if (error == std::errc() && after != end && *after == '.') std::from_chars(after + 1, end, version.second);
  return version;
}

Check check(std::string name, bool ok, std::string good, std::string bad, std::string remedy) {
  if (ok) return {std::move(name), Verdict::kOk, std::move(good), ""};
  return {std::move(name), Verdict::kWarn, std::move(bad), std::move(remedy)};
}

Check judge_af_xdp(int error) {
  if (error == 0) return {"af_xdp", Verdict::kOk, "sockets can be opened", ""};
  if (error == EPERM || error == EACCES) {
    return {"af_xdp", Verdict::kWarn, "cannot tell without root", "run `sudo superspan doctor`"};
  }
  return {"af_xdp", Verdict::kWarn, fmt::format("no sockets: {}", std::generic_category().message(error)),
          "nodes work with --io af_packet, at about half the rate"};
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "fail";
  }
  return "fail";
}

Machine look_at_machine() {
  Machine machine;
  utsname system{};
  if (uname(&system) == 0) machine.kernel_release = system.release;
  machine.root = geteuid() == 0;
  machine.ovs_vswitchd = find_program("ovs-vswitchd");
  machine.tcpdump = find_program("tcpdump");
  machine.af_xdp_error = try_af_xdp();
  machine.dpdk_drivers = find_dpdk_drivers();
  timex clock{};
  machine.clock_synchronised = adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) == 0;
  return machine;
}

std::vector<Check> judge(const Machine& machine) {
  return {
      check("kernel", kernel_version(machine.kernel_release) >= kKernelWanted, machine.kernel_release,
            fmt::format("{} is older than {}.{}", machine.kernel_release, kKernelWanted.first, kKernelWanted.second),
            "use Debian 12 or newer"),
      check("root", machine.root, "yes", "no: fine for captures, but lab and node need it", "use sudo for those"),
      check("open vswitch", !machine.ovs_vswitchd.empty(), machine.ovs_vswitchd, "ovs-vswitchd is not installed",
            "apt-get install openvswitch-switch (only the lab needs it)"),
      check("dpdk drivers", machine.dpdk_drivers.size() == 2, fmt::format("{}", fmt::join(machine.dpdk_drivers, ", ")),
            machine.dpdk_drivers.empty() ? "neither af_packet nor af_xdp is installed"
                                         : fmt::format("only {} is installed", machine.dpdk_drivers.front()),
            "apt-get install librte-meta-net (only nodes need it)"),
      judge_af_xdp(machine.af_xdp_error),
      check("tcpdump", !machine.tcpdump.empty(), machine.tcpdump, "not installed",
            "apt-get install tcpdump, to see packets as it prints them"),
      check("clock", machine.clock_synchronised, "synchronised", "not synchronised: times of captures may be off",
            "apt-get install chrony, or turn on systemd-timesyncd"),
  };
}

}  // namespace superspan::cli
