// SPDX-License-Identifier: Apache-2.0
// Keeps libpcap from asking anybody: its compiler looks up every word that it does not know as the name of a host
// (DNS), network, port or protocol. A node must not do that: it blocks, it tells strangers what is captured, and the
// answer may be another one than the controller's.
#pragma once

#include <optional>
#include <string_view>

namespace superspan::node {

// The first word of a pcap-filter expression that is neither a keyword nor a number, port range or address; libpcap
// would take it for a name. Nothing: libpcap asks nobody, whether it understands the text or not.
[[nodiscard]] std::optional<std::string_view> first_name(std::string_view expression);

}  // namespace superspan::node
