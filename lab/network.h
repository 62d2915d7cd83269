// SPDX-License-Identifier: Apache-2.0
// Makes the planned namespaces, links, addresses, routes and mirrors with iproute2, and runs code inside a namespace.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "lab/journal.h"
#include "lab/plan.h"

namespace superspan::lab {

// Runs `body` on a thread of its own that lives in the network namespace (empty: the caller's), and waits for it.
[[nodiscard]] base::Status in_namespace(const std::string& name, const std::function<base::Status()>& body);

// kConflict if a namespace or root device of the plan exists already: it is not ours, so it stays.
[[nodiscard]] base::Status check_names_free(const Plan& plan);

// Everything up, routed and mirrored. Each namespace and root device is journaled before it is made.
[[nodiscard]] base::Status build_network(const Plan& plan, Journal& journal);

// Removes namespaces with all their devices, and root devices; those that are gone already are fine.
[[nodiscard]] base::Status remove_network(const std::vector<std::string>& namespaces,
                                          const std::vector<std::string>& devices);

// Processes that live in one of these namespaces, other than the calling one.
[[nodiscard]] std::vector<ProcessId> processes_in(const std::vector<std::string>& namespaces);

}  // namespace superspan::lab
