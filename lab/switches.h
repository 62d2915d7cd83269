// SPDX-License-Identifier: Apache-2.0
// The switches of the monitoring fabric: one ovsdb-server and one ovs-vswitchd (userspace datapath) each, in the
// switch's network namespace, with everything of theirs under RUN_DIR/NAME.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "lab/journal.h"
#include "lab/plan.h"

namespace superspan::lab {

// Starts all switches at once and returns when each has all its ports, under the planned OpenFlow numbers.
// Without a controller they forward nothing (fail_mode secure, no flow at all).
[[nodiscard]] base::Status start_switches(const Plan& plan, const std::filesystem::path& run_dir, Journal& journal);

// For an ovs-vswitchd that was just started again on its database (`folder` is RUN_DIR/NAME): returns when it has all
// its ports and their receive buffers are wide.
[[nodiscard]] base::Status settle_switch(const PlannedSwitch& planned, const std::filesystem::path& folder,
                                         ProcessId forwarder);

// The arguments of the one ovs-vsctl transaction that configures a switch.
[[nodiscard]] Arguments switch_configuration(const PlannedSwitch& planned, const std::filesystem::path& database);

}  // namespace superspan::lab
