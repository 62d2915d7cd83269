// SPDX-License-Identifier: Apache-2.0
// The lab: a leaf-spine production network with real services, tapped, and a monitoring fabric of Open vSwitch switches
// beside it, all in network namespaces of this machine. It is the demo, the tutorial and the test bed.
//
// One lab at a time. Everything that up() makes is written to a journal before it is made, so that down() removes every
// process, namespace, interface and file of it and nothing else, also after a crash in the middle of up(). All calls
// need root (kDenied otherwise) and block; none of them is thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::lab {

// Called with one finished line for a person, without newline, whenever something has been done.
using Progress = std::function<void(std::string_view line)>;

inline constexpr std::string_view kRunDir = "/run/superspan/lab";
inline constexpr std::string_view kLockFolder = "/run/superspan";  // of the lock that changes to the lab take
inline constexpr std::string_view kDefaultTopology = "leaf-spine";

// How superspan-node reads its interface; the value of its flag --io.
enum class NodeIo : std::uint8_t { kAfPacket, kAfXdp };

struct UpOptions {
  // "leaf-spine" or "one-switch" (built in, lab/*.yaml), or the path of a topology file.
  std::string topology = std::string(kDefaultTopology);
  // Journal, logs, sockets, OVS databases, state of the controller, recordings. Removed by down().
  std::filesystem::path run_dir = kRunDir;
  // Folder of superspand, superspan-node and superspan-lab-traffic; empty = the folder of the running program.
  std::filesystem::path binaries_dir;
  NodeIo io = NodeIo::kAfPacket;
  // Also start superspand and one superspan-node per node of the topology, and wait until all switches and nodes are
  // there.
  bool start_control = true;
  // Also keep modest, bounded real traffic running (HTTP, HTTPS, DNS, ping, iperf3, tagged frames).
  bool start_traffic = true;
  std::chrono::seconds control_timeout{20};
};

// Builds the lab and returns when it works. On failure everything is removed again, and the error holds what failed
// with the last lines of its log. Errors: kConflict (a lab is up, or names are taken), kDenied (no root), kUnavailable
// (a program or kernel feature is missing), kInvalid (topology file), kTimeout (something did not come up).
[[nodiscard]] base::Status up(const UpOptions& options, const Progress& progress);

// Removes the lab; fine when there is none, or half of one.
[[nodiscard]] base::Status down(const std::filesystem::path& run_dir, const Progress& progress);

struct ProcessStatus {
  std::string name;  // "filter1/ovs-vswitchd", "host3/nginx", "superspand"
  pid_t pid = 0;
  std::string network_namespace;  // empty: the root namespace
  bool running = false;
  std::filesystem::path log;
};

struct NamespaceStatus {
  std::string name;   // "ss-leaf1"
  std::string about;  // "leaf, 2 uplinks, 2 hosts"
  std::vector<std::string> addresses;
  bool present = false;
};

struct StatusReport {
  bool up = false;       // built completely by up() and not taken down
  std::string topology;  // as given to up()
  std::string endpoint;  // of the API; empty without control
  std::filesystem::path token_file;
  std::vector<NamespaceStatus> namespaces;
  std::vector<ProcessStatus> processes;
  std::vector<std::string> next_steps;  // commands to try, one a line
};

// What is there now. A lab that was never built is a report with up = false, not an error.
[[nodiscard]] base::Result<StatusReport> status(const std::filesystem::path& run_dir);

// Ends one process of the lab if it runs, and starts it again exactly as up() did. `name` is that of status()
// ("host3/nginx", "superspand"), or of a switch or a node. A switch is back when all its ports are there, with the wide
// receive buffers of lab/receive_buffer.h, which one that is started by hand has not.
// Errors: kNotFound (no such process, or no lab), kConflict (another command is at work), kInternal (it ended again).
[[nodiscard]] base::Status restart(const std::filesystem::path& run_dir, const std::string& name,
                                   const Progress& progress);

// The traffic of start_traffic, in the foreground, until `duration` is over (0: until SIGINT or SIGTERM).
// Errors: kUnavailable when no lab is up.
[[nodiscard]] base::Status traffic(const std::filesystem::path& run_dir, std::chrono::seconds duration,
                                   const Progress& progress);

}  // namespace superspan::lab
