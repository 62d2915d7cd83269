// SPDX-License-Identifier: Apache-2.0
// The parts of the fabric as JSON: the file's facts and what is known of them now. Schemas Switch, Tap, Tool, Node and
// Link of openapi.yaml.
#pragma once

#include <boost/json.hpp>

#include "api/controller.h"

namespace superspan::api {

[[nodiscard]] boost::json::array switches_json(const Controller& controller);
[[nodiscard]] boost::json::array taps_json(const Controller& controller);
[[nodiscard]] boost::json::array tools_json(const Controller& controller);
[[nodiscard]] boost::json::array nodes_json(const Controller& controller);
[[nodiscard]] boost::json::array links_json(const Controller& controller);

// "up", "down", "missing" (the switch has no such port) or "unknown" (the switch is absent).
[[nodiscard]] const char* port_state(const Controller& controller, fabric::Attachment where);

}  // namespace superspan::api
