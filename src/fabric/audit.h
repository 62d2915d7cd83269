// SPDX-License-Identifier: Apache-2.0
// A large table is audited in parts: to read it at once would keep its switch and the controller from their work for
// tens of milliseconds. A part is the flows whose cookies agree in some bits, so every flow that can be in the switch,
// a foreign one too, is in exactly one part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "openflow/flow.h"

namespace superspan::fabric {

// At most `most` of the flows with these cookies in a part, unless more of them have the very same cookie.
[[nodiscard]] std::vector<openflow::CookieFilter> audit_parts(std::vector<std::uint64_t> cookies, std::size_t most);

}  // namespace superspan::fabric
