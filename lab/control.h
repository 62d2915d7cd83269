// SPDX-License-Identifier: Apache-2.0
// The programs under test: superspand in the root namespace, one superspan-node per node of the topology in its own.
#pragma once

#include "base/result.h"
#include "lab/journal.h"
#include "lab/lab.h"
#include "lab/plan.h"

namespace superspan::lab {

inline constexpr std::string_view kApiAddress = "127.0.0.1:8600";

// The folder of the programs: as given, or that of the running program.
[[nodiscard]] std::filesystem::path binaries_folder(const UpOptions& options);
// kUnavailable if a program of ours is missing or not executable.
[[nodiscard]] base::Status check_binaries(const UpOptions& options);

// Starts them and returns when every switch is connected and every node is registered. Writes RUN_DIR/fabric.yaml,
// RUN_DIR/endpoint and RUN_DIR/token (a link). RUN_DIR/superspand.sock is the API for processes of other namespaces.
[[nodiscard]] base::Status start_control(const UpOptions& options, const Plan& plan, Journal& journal);

// Starts the traffic of lab/traffic.h as a process of its own.
[[nodiscard]] base::Status start_traffic(const UpOptions& options, Journal& journal);

}  // namespace superspan::lab
