// SPDX-License-Identifier: Apache-2.0
// Policies from files to the controller, all or none; what `policy apply` and `plan` share.
#pragma once

#include <boost/json/value.hpp>

#include "base/result.h"
#include "cli/command.h"

namespace superspan::cli {

// Reads the policies of option --file (a file, a directory, - for standard input) and posts them to `target`. `command`
// is for hints. Errors about a policy name the line of its file; all but the last have been printed then.
[[nodiscard]] base::Result<boost::json::value> post_policy_files(const Invocation& invocation,
                                                                 const std::string& command, const std::string& target);

// "policy web created" for each policy of the answer, and how many of each kind if there are several.
void print_effects(const boost::json::value& answer, bool dry_run, Terminal& terminal);

}  // namespace superspan::cli
