// SPDX-License-Identifier: Apache-2.0
// The schema PolicyStatistics of openapi.yaml.
#pragma once

#include <boost/json.hpp>

#include "api/controller.h"

namespace superspan::api {

[[nodiscard]] boost::json::array hops_json(const std::vector<fabric::HopCounter>& hops);
[[nodiscard]] boost::json::object statistics_json(const Controller::Statistics& statistics);

}  // namespace superspan::api
