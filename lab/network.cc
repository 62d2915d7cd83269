// SPDX-License-Identifier: Apache-2.0
#include "lab/network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>

#include "lab/offload.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;

// Feeds lines to `ip -batch` or `tc -batch`; an error shows the line that failed instead of its number.
Status run_batch(const std::string& program, const std::string& network_namespace,
                 const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  const auto done = run({program, "-batch", "-"}, {network_namespace, fmt::format("{}\n", fmt::join(lines, "\n")), {}});
  if (done) return {};
  base::Error error = done.error();
  constexpr std::string_view kMark = "Command failed -:";
  const std::size_t at = error.message.find(kMark);
  std::size_t number = 0;
  if (at != std::string::npos) {
    const char* begin = error.message.data() + at + kMark.size();
    std::from_chars(begin, error.message.data() + error.message.size(), number);
  }
  if (number >= 1 && number <= lines.size()) {
    error.message = fmt::format("`{} {}` failed: {}", program, lines[number - 1], error.message.substr(0, at));
  }
  return std::unexpected(std::move(error));
}

std::vector<const Device*> devices_of(const Plan& plan, const std::string& network_namespace) {
  std::vector<const Device*> out;
  for (const Link& link : plan.links) {
    for (const Device* device : {&link.left, &link.right}) {
      if (device->network_namespace == network_namespace) out.push_back(device);
    }
  }
  return out;
}

std::string describe(const Device& device, unsigned mtu) {
  const auto place = device.network_namespace.empty() ? "" : fmt::format(" netns {}", device.network_namespace);
  return fmt::format("name {} address {} mtu {}{}", device.name, device.mac, mtu, place);
}

Status make_namespaces(const Plan& plan, Journal& journal) {
  std::vector<std::string> lines;
  for (const PlannedNamespace& item : plan.namespaces) {
    const auto addresses = fmt::format("{}", fmt::join(plan.addresses_in(item.name), " "));
    if (auto written = journal.append({"namespace", item.name, item.about, addresses}); !written) return written;
    lines.push_back("netns add " + item.name);
  }
  return run_batch("ip", "", lines);
}

Status make_links(const Plan& plan, Journal& journal) {
  std::vector<std::string> lines;
  for (const Link& link : plan.links) {
    for (const Device* device : {&link.left, &link.right}) {
      if (!device->network_namespace.empty()) continue;
      if (auto written = journal.append({"device", device->name}); !written) return written;
    }
    lines.push_back(
        fmt::format("link add {} type veth peer {}", describe(link.left, link.mtu), describe(link.right, link.mtu)));
  }
  return run_batch("ip", "", lines);
}

Status set_sysctl(const std::string& key, int value) {
  return write_file("/proc/sys/net/" + key, std::to_string(value));
}

Status make_router() {
  for (const char* key : {"ipv4/ip_forward", "ipv6/conf/all/forwarding", "ipv4/fib_multipath_hash_policy",
                          "ipv6/fib_multipath_hash_policy"}) {
    if (auto set = set_sysctl(key, 1); !set) return set;
  }
  return {};
}

// Sysctls and offloads: before any device is up, so that a quiet one never says a word.
Status prepare_devices(const std::vector<const Device*>& devices) {
  for (const Device* device : devices) {
    const bool ipv6 =
        std::ranges::any_of(device->addresses, [](const std::string& address) { return address.contains(':'); });
    if (!ipv6) {
      if (auto set = set_sysctl(fmt::format("ipv6/conf/{}/disable_ipv6", device->name), 1); !set) return set;
    } else {
      // Until its link-local address is certain to be nobody else's, a router does not resolve neighbours.
      if (auto set = set_sysctl(fmt::format("ipv6/conf/{}/accept_dad", device->name), 0); !set) return set;
    }
    if (auto set = turn_off_offloads(device->name); !set) return set;
  }
  return {};
}

std::vector<std::string> bring_up_lines(const std::vector<const Device*>& devices) {
  std::vector<std::string> lines;
  for (const Device* device : devices) {
    for (const std::string& address : device->addresses) {
      // nodad: usable at once; nobody else has these addresses.
      const bool ipv6 = address.contains(':');
      lines.push_back(fmt::format("address add {} dev {}{}", address, device->name, ipv6 ? " nodad" : ""));
    }
    lines.push_back(fmt::format("link set dev {} {}up", device->name, device->quiet ? "arp off " : ""));
  }
  return lines;
}

Status bring_up(const Plan& plan) {
  std::vector<PlannedNamespace> spaces = plan.namespaces;
  spaces.push_back({});
  for (const PlannedNamespace& space : spaces) {
    const auto devices = devices_of(plan, space.name);
    const Status prepared = in_namespace(space.name, [&]() -> Status {
      if (space.router) {
        if (auto made = make_router(); !made) return made;
      }
      return prepare_devices(devices);
    });
    if (!prepared) return prepared;
    auto lines = bring_up_lines(devices);
    if (!space.name.empty()) lines.push_back("link set dev lo up");
    if (auto done = run_batch("ip", space.name, lines); !done) return done;
  }
  for (const auto& [space, routes] : plan.routes) {
    if (auto done = run_batch("ip", space, routes); !done) return done;
  }
  return {};
}

Status make_management_bridge(const Plan& plan) {
  std::vector<std::string> lines = {"link add name bridge0 type bridge"};
  for (const Device* device : devices_of(plan, "ss-mgmt"))
    lines.push_back(fmt::format("link set dev {} master bridge0", device->name));
  lines.push_back("link set dev bridge0 up");
  return run_batch("ip", "ss-mgmt", lines);
}

Status make_mirrors(const Plan& plan) {
  std::map<std::string, std::vector<std::string>> lines;
  for (const PlannedMirror& mirror : plan.mirrors) {
    auto& space = lines[mirror.network_namespace];
    space.push_back(fmt::format("qdisc replace dev {} clsact", mirror.device));
    for (const char* direction : {"ingress", "egress"}) {
      space.push_back(
          fmt::format("filter add dev {} {} protocol all u32 match u32 0 0 action mirred egress mirror dev {}",
                      mirror.device, direction, mirror.copy_device));
    }
  }
  for (const auto& [space, batch] : lines) {
    if (auto done = run_batch("tc", space, batch); !done) return done;
  }
  return {};
}

}  // namespace

Status in_namespace(const std::string& name, const std::function<Status()>& body) {
  Status status;
  std::thread([&] {
    if (!name.empty()) {
      const auto space = open_file("/run/netns/" + name, O_RDONLY);
      if (!space) {
        status = std::unexpected(space.error());
        return;
      }
      if (setns(space->get(), CLONE_NEWNET) != 0) {
        status = fail_errno("cannot enter namespace " + name);
        return;
      }
    }
    status = body();
  }).join();
  return status;
}

Status check_names_free(const Plan& plan) {
  constexpr const char* kHint =
      "it is not recorded as ours; remove it with `ip netns delete` or `ip link delete` if it is left over";
  for (const PlannedNamespace& item : plan.namespaces) {
    if (access(("/run/netns/" + item.name).c_str(), F_OK) == 0) {
      return base::fail(ErrorCode::kConflict, fmt::format("network namespace '{}' exists already", item.name), kHint);
    }
  }
  if (if_nametoindex(std::string(kManagementDevice).c_str()) != 0) {
    return base::fail(ErrorCode::kConflict, fmt::format("network device '{}' exists already", kManagementDevice),
                      kHint);
  }
  return {};
}

Status build_network(const Plan& plan, Journal& journal) {
  if (auto made = make_namespaces(plan, journal); !made) return made;
  if (auto made = make_links(plan, journal); !made) return made;
  if (auto made = bring_up(plan); !made) return made;
  if (auto made = make_management_bridge(plan); !made) return made;
  return make_mirrors(plan);
}

Status remove_network(const std::vector<std::string>& namespaces, const std::vector<std::string>& devices) {
  std::vector<std::string> lines;
  for (const std::string& device : devices) {
    if (if_nametoindex(device.c_str()) != 0) lines.push_back("link delete dev " + device);
  }
  for (const std::string& name : namespaces) {
    if (access(("/run/netns/" + name).c_str(), F_OK) == 0) lines.push_back("netns delete " + name);
  }
  if (lines.empty()) return {};
  // One that cannot be removed does not keep the others.
  const auto done = run({"ip", "-force", "-batch", "-"}, {"", fmt::format("{}\n", fmt::join(lines, "\n")), {}});
  return done ? Status() : std::unexpected(done.error());
}

std::vector<ProcessId> processes_in(const std::vector<std::string>& namespaces) {
  std::set<std::pair<dev_t, ino_t>> wanted;
  for (const std::string& name : namespaces) {
    struct stat info{};
    if (stat(("/run/netns/" + name).c_str(), &info) == 0) wanted.insert({info.st_dev, info.st_ino});
  }
  std::vector<ProcessId> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string number = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), pid);
    if (parsed.ec != std::errc() || pid == getpid()) continue;
    struct stat info{};
    if (stat((entry.path() / "ns/net").c_str(), &info) != 0 || !wanted.contains({info.st_dev, info.st_ino})) continue;
    if (const auto process = identify(pid)) out.push_back(*process);
  }
  return out;
}

}  // namespace superspan::lab
