// SPDX-License-Identifier: Apache-2.0
// The resolved expression as pcap-filter text again, with numbers only, so that libpcap reads it without a resolver and
// gives it the same meaning. This is the text of residuals.
#pragma once

#include <string>

#include "policy/resolve/resolved.h"

namespace superspan::policy::resolve {

[[nodiscard]] std::string canonical(const Resolved& resolved);
// One node of it, without parentheses around it.
[[nodiscard]] std::string canonical(const Resolved& resolved, NodeId node);

}  // namespace superspan::policy::resolve
