// SPDX-License-Identifier: Apache-2.0
// Reports as JSON: for `GET /v1/counters` of the node and for its heartbeats to the controller.
#pragma once

#include <boost/json/object.hpp>

#include "node/node.h"

namespace superspan::node {

//   {"policies": {"web": {"number": 3, "received": 100, "residual_dropped": 0, ...}},
//    "frames": {"received": 100, ...}, "port": {"missed": 0, ...}, "problems": ["web: ..."]}
// A closed policy is shown unless another one has taken its name.
[[nodiscard]] boost::json::object counters_json(const NodeReport& report);

}  // namespace superspan::node
