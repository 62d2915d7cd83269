// SPDX-License-Identifier: Apache-2.0
// The node's HTTP API: what the controller and readers of live streams ask.
//
//   PUT /v1/assignment          the whole desired state (assignment.h); answered when it is in force
//   GET /v1/streams/{policy}    live pcapng of a policy with "stream": true; one reader
//   GET /v1/counters            counters_json (status.h)
//   GET /v1/health              {"status": "ok"|"degraded", "applied": 12, "problems": [...]}
#pragma once

#include <functional>

#include "http/router.h"
#include "node/control_loop.h"
#include "node/node.h"

namespace superspan::node {

// `node` and `control` must outlive the router. `applied` is called on the control thread after each assignment, with
// what came of it.
[[nodiscard]] http::Router make_api(Node& node, ControlLoop& control,
                                    std::function<void(const Assignment&, const base::Status&)> applied);

}  // namespace superspan::node
