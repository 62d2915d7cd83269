// SPDX-License-Identifier: Apache-2.0
// Real services on the hosts of the production network: nginx (80 and 443), dnsmasq (zone lab.), iperf3.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "lab/journal.h"
#include "lab/plan.h"

namespace superspan::lab {

// Starts them and returns when each listens. Names: hostN.lab (A and AAAA), web.lab (all web hosts).
[[nodiscard]] base::Status start_services(const Plan& plan, const std::filesystem::path& run_dir, Journal& journal);

}  // namespace superspan::lab
