// SPDX-License-Identifier: Apache-2.0
// What `superspan doctor` looks at on this machine, and what it makes of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace superspan::cli {

// Facts, gathered without changing anything.
struct Machine {
  std::string kernel_release;  // of uname(2): "6.1.0-18-amd64"
  bool root = false;
  std::string ovs_vswitchd;  // path, or empty
  std::string tcpdump;
  int af_xdp_error = 0;                   // errno of socket(AF_XDP); 0: it works
  std::vector<std::string> dpdk_drivers;  // "af_packet", "af_xdp" as far as installed
  bool clock_synchronised = false;
};
[[nodiscard]] Machine look_at_machine();

enum class Verdict : std::uint8_t { kOk, kWarn, kFail };
[[nodiscard]] const char* to_string(Verdict verdict);

struct Check {
  std::string name;
  Verdict verdict = Verdict::kOk;
  std::string detail;
  std::string remedy;  // empty if ok
};

// Warnings only: the command itself needs none of this, a lab or a node on this machine does.
[[nodiscard]] std::vector<Check> judge(const Machine& machine);

}  // namespace superspan::cli
