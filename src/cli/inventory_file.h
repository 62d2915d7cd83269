// SPDX-License-Identifier: Apache-2.0
// `--inventory FILE` of the commands that compile expressions themselves.
#pragma once

#include <memory>

#include "cli/command.h"
#include "policy/names.h"

namespace superspan::cli {

[[nodiscard]] Option inventory_option();
// Null if the option is not given.
[[nodiscard]] base::Result<std::shared_ptr<const policy::Names>> inventory_names(const Invocation& invocation);

}  // namespace superspan::cli
