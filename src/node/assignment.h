// SPDX-License-Identifier: Apache-2.0
// What the controller wants of this node: the body of `PUT /v1/assignment`. It is the whole desired state; applying the
// same assignment twice changes nothing.
//
// `controller` is a random name that a controller process gives itself when it starts, `revision` a number that grows
// while that process lives. Together they say which of two assignments is newer (node.h: which one a node refuses).
//
//   {"controller": "5f0c...", "revision": 12, "epoch": 7,
//    "taps": [{"id": 1, "name": "leaf1-spine1", "description": "..."}],
//    "policies": [{"name": "web", "number": 3, "service_path": 1, "bit": 0, "from_epoch": 7,
//                  "expression": "tcp port 443", "residual": "", "record": true, "stream": false, "snaplen": 0,
//                  "limits": {"packets": 0, "bytes": 0}, "owner": "", "reason": "", "ticket": "", "created": ""}]}
//
// What has not changed since an assignment that this node confirmed need not be sent again: `"as_in": 11` names that
// revision (of the same controller); then `taps` may be absent, and a policy may be only `{"number": 3}`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::node {

struct AssignedTap {
  std::uint32_t id = 0;
  std::string name;
  std::string description;
  friend bool operator==(const AssignedTap&, const AssignedTap&) = default;
};

struct AssignedPolicy {
  std::string name;          // [a-z0-9][a-z0-9._-]{0,62}; it becomes part of file names
  std::uint32_t number = 0;  // 24 bits, never reused
  std::uint32_t service_path = 0;
  std::uint32_t bit = 0;         // 0-63, in the namespace of the service path
  std::uint32_t from_epoch = 0;  // copies of earlier epochs belong to somebody else
  std::string expression;
  std::string residual;  // empty: every copy is wanted
  bool record = false;
  bool stream = false;
  std::uint32_t snaplen = 0;        // bytes kept; 0: all
  std::uint64_t limit_packets = 0;  // 0: none
  std::uint64_t limit_bytes = 0;    // of kept bytes; 0: none
  std::string owner;
  std::string reason;
  std::string ticket;
  std::string created;
  friend bool operator==(const AssignedPolicy&, const AssignedPolicy&) = default;
};

struct Assignment {
  std::string controller;
  std::uint64_t revision = 0;
  std::uint32_t epoch = 0;
  std::vector<AssignedTap> taps;         // ids are unique
  std::vector<AssignedPolicy> policies;  // names, numbers and (service path, bit) are unique
};

// `in_force`: what `as_in` may refer to. kInvalid with a JSON pointer as place; kConflict if `as_in` is not in force
// (the whole has to be sent).
[[nodiscard]] base::Result<Assignment> parse_assignment(std::string_view json, const Assignment* in_force = nullptr);

}  // namespace superspan::node
