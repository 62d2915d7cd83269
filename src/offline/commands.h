// SPDX-License-Identifier: Apache-2.0
// Commands that work on files, without a controller, a switch or a network.
#pragma once

#include "cli/command.h"

namespace superspan::offline {

[[nodiscard]] cli::Command filter_command();
[[nodiscard]] cli::Command test_command();

}  // namespace superspan::offline
