// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace superspan::cli {
namespace {

Machine good() {
  return {.kernel_release = "6.1.0-18-amd64",
          .root = true,
          .ovs_vswitchd = "/usr/sbin/ovs-vswitchd",
          .tcpdump = "/usr/bin/tcpdump",
          .af_xdp_error = 0,
          .dpdk_drivers = {"af_packet", "af_xdp"},
          .clock_synchronised = true};
}

// "kernel: 4.19.0 is older than 5.10 -> use Debian 12 or newer", for what is not ok.
std::string complaints(const Machine& machine) {
  std::string text;
  for (const Check& check : judge(machine)) {
    EXPECT_EQ(check.verdict == Verdict::kOk, check.remedy.empty()) << check.name;
    if (check.verdict != Verdict::kOk) text += check.name + ": " + check.detail + "\n";
  }
  return text;
}

TEST(Machine, ThatHasEverythingIsFine) {
  EXPECT_EQ(complaints(good()), "");
}

TEST(Machine, IsToldWhatItLacks) {
  const auto with = [](auto change) {
    Machine machine = good();
    change(machine);
    return complaints(machine);
  };
  EXPECT_EQ(with([](Machine& m) { m.kernel_release = "4.19.0-1"; }), "kernel: 4.19.0-1 is older than 5.10\n");
  EXPECT_EQ(with([](Machine& m) { m.kernel_release = "5.9.16"; }), "kernel: 5.9.16 is older than 5.10\n");
  EXPECT_EQ(with([](Machine& m) { m.kernel_release = "odd"; }), "kernel: odd is older than 5.10\n");
  EXPECT_EQ(with([](Machine& m) { m.kernel_release = "10.0"; }), "");
  EXPECT_EQ(with([](Machine& m) { m.root = false; }), "root: no: fine for captures, but lab and node need it\n");
  EXPECT_EQ(with([](Machine& m) { m.ovs_vswitchd = ""; }), "open vswitch: ovs-vswitchd is not installed\n");
  EXPECT_EQ(with([](Machine& m) { m.dpdk_drivers = {"af_packet"}; }), "dpdk drivers: only af_packet is installed\n");
  EXPECT_EQ(with([](Machine& m) { m.dpdk_drivers = {}; }), "dpdk drivers: neither af_packet nor af_xdp is installed\n");
  EXPECT_EQ(with([](Machine& m) { m.af_xdp_error = EPERM; }), "af_xdp: cannot tell without root\n");
  EXPECT_EQ(with([](Machine& m) { m.af_xdp_error = EAFNOSUPPORT; }),
            "af_xdp: no sockets: Address family not supported by protocol\n");
  EXPECT_EQ(with([](Machine& m) { m.tcpdump = ""; }), "tcpdump: not installed\n");
  EXPECT_EQ(with([](Machine& m) { m.clock_synchronised = false; }),
            "clock: not synchronised: times of captures may be off\n");
}

TEST(Machine, CanBeLookedAtWithoutRoot) {
  EXPECT_FALSE(look_at_machine().kernel_release.empty());
}

}  // namespace
}  // namespace superspan::cli
