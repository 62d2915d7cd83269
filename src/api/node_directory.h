// SPDX-License-Identifier: Apache-2.0
// The nodes that have registered: where they are, when they were last heard, what they counted. Sends assignments to
// them. Whether a node is in force is the engine's business; this only knows who is there. Io thread only.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fabric/engine.h"
#include "http/client.h"

namespace superspan::api {

inline constexpr auto kHeartbeatInterval = std::chrono::seconds(2);
inline constexpr int kHeartbeatMisses = 3;
inline constexpr std::int64_t kAssignmentTimeoutMs = 2'000;

// The body of PUT /v1/nodes/{name}.
struct Registration {
  http::Endpoint endpoint;
  std::string token;
  std::string version;
  std::string controller;  // that sent the assignment in force
  std::uint64_t applied = 0;
  std::vector<std::string> ended;
  boost::json::object counters;
};
[[nodiscard]] std::expected<Registration, std::vector<base::Error>> parse_registration(std::string_view body);

// The body of PUT /v1/assignment of the node API (node/assignment.h). With `confirmed`, what has not changed since that
// one is left out.
[[nodiscard]] boost::json::object assignment_json(const fabric::AssignNode& assignment, const std::string& controller,
                                                  const fabric::AssignNode* confirmed = nullptr);

class NodeDirectory {
 public:
  struct Assigning {
    std::shared_ptr<const fabric::AssignNode> assignment;
    std::function<void(base::Status)> done;
  };
  struct Entry {
    Registration registration;  // the latest
    base::SteadyTime heard;
    bool up = false;
    bool sending = false;                                 // an assignment is under way
    std::optional<Assigning> next;                        // the newest, if one is under way
    base::SteadyTime settled;                             // when the last one was answered
    std::shared_ptr<const fabric::AssignNode> confirmed;  // the last one that the node took
    std::shared_ptr<http::AsyncClient> client;
    boost::json::object policies;  // the last counters of each known policy, also where the node has forgotten it
  };

  // `ca_file` is for nodes with https endpoints; empty: the system's authorities.
  NodeDirectory(boost::asio::io_context& io, const base::Clock& clock, std::string ca_file);

  // The random name of this controller in assignments: revisions begin anew with it.
  [[nodiscard]] const std::string& controller() const { return controller_; }

  // True if the node must get its assignment again: it is new, was down, moved, or says that it has another revision
  // than `applied` although nothing is under way.
  [[nodiscard]] bool heard(const std::string& name, Registration registration, std::uint64_t applied);
  // Those that have become silent since the last call.
  [[nodiscard]] std::vector<std::string> silent();

  // kUnavailable through `done` if the node is not known. `done` may be called at once. While one assignment is under
  // way to a node, the next one waits; of those that wait only the newest is sent, and the others' `done` is never
  // called.
  void assign(const fabric::AssignNode& assignment, std::function<void(base::Status)> done);

  [[nodiscard]] const Entry* find(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }
  // What the node last said is wrong with it, sorted: "web: cannot write: No space left on device".
  [[nodiscard]] std::vector<std::string> problems(const std::string& name) const;
  // The counters of a policy at a node, or nullptr. `number` 0: whichever number the node says.
  [[nodiscard]] static const boost::json::object* policy_counters(const Entry& entry, const std::string& policy,
                                                                  std::uint32_t number);
  void forget_policy(const std::string& policy);
  // Of this node: forgets the counters of policies that are not `known`. Nodes go on telling of closed ones for a
  // while.
  void forget_unknown_policies(const std::string& name, const std::function<bool(const std::string& policy)>& known);

 private:
  // Leaves out what the node has confirmed; if it does not have that any more, sends all.
  void send(Entry& entry, Assigning one);

  boost::asio::io_context& io_;
  const base::Clock& clock_;
  std::string ca_file_;
  std::string controller_;
  std::map<std::string, Entry> entries_;
};

}  // namespace superspan::api
