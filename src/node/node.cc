// SPDX-License-Identifier: Apache-2.0
#include "node/node.h"

#include <algorithm>
#include <utility>

namespace superspan::node {
namespace {

// The same capture: a change of anything else begins a new one, with files and a stream of its own.
bool same_capture(AssignedPolicy left, const AssignedPolicy& right) {
  left.from_epoch = right.from_epoch;
  return left == right;
}

}  // namespace

Node::Node(NodeOptions options, PacketInput& input, recorder::Disk& disk, const base::Clock& clock)
    : options_(std::move(options)),
      input_(input),
      clock_(clock),
      worker_(input, pipeline_, clock, stream_bell_),
      recorder_(options_.name, options_.recorder, disk, clock, taps_, port_drops_),
      streamer_(options_.name, clock, taps_, port_drops_, stream_bell_) {}

Node::~Node() {
  stop();
}

void Node::start() {
  recorder_.start();
  streamer_.start();
  worker_.start();
}

void Node::stop() {
  worker_.stop();
  refresh_port_drops();
  {
    const std::lock_guard lock(mutex_);
    for (const Active& active : active_) {
      active.run->close();
      closed_.push_back({active.run, clock_.steady()});
    }
    active_.clear();
  }
  recorder_.stop();
  streamer_.stop();
}

base::Status Node::apply(const Assignment& assignment) {
  if (auto status = order_.check(assignment.controller, assignment.revision); !status) return status;
  auto planned = plan(assignment);
  if (!planned) return std::unexpected(std::move(planned.error()));
  order_.take(assignment.controller, assignment.revision);
  taps_.set(std::make_shared<TapDirectory>(*taps_.get(), assignment.taps));
  open_sinks(*planned);
  {
    const std::lock_guard lock(mutex_);
    active_ = std::move(*planned);
  }
  if (auto status = publish(); !status) return status;
  const std::lock_guard lock(mutex_);
  in_force_ = std::make_shared<const Assignment>(assignment);
  return {};
}

// The runs after this assignment: those that stay, new ones, and those that go but have their grace.
base::Result<std::vector<Node::Active>> Node::plan(const Assignment& assignment) {
  std::vector<Active> planned;
  std::vector<Active> left = active_;
  for (const AssignedPolicy& policy : assignment.policies) {
    const auto running =
        std::ranges::find_if(left, [&](const Active& active) { return same_capture(active.run->policy(), policy); });
    if (running != left.end()) {
      planned.push_back({running->run, policy.from_epoch, std::nullopt});
      left.erase(running);
      continue;
    }
    auto run = PolicyRun::create(policy, options_.buffers, clock_.wall(), assignment.epoch);
    if (!run) {
      base::Error error = std::move(run.error());
      error.message = "policy '" + policy.name + "': " + error.message;
      return std::unexpected(std::move(error));
    }
    planned.push_back({std::move(*run), policy.from_epoch, std::nullopt});
  }
  for (Active& active : left) {
    if (!active.closes_at) active.closes_at = clock_.steady() + options_.grace;
    planned.push_back(std::move(active));
  }
  return planned;
}

// Before the worker learns of the new runs, so that no packet waits for a sink that is not there.
void Node::open_sinks(const std::vector<Active>& planned) {
  for (const Active& next : planned) {
    if (std::ranges::find(active_, next.run, &Active::run) != active_.end()) continue;
    if (next.run->record_ring() != nullptr) recorder_.add(next.run);
    if (next.run->stream_ring() != nullptr) streamer_.add(next.run);
  }
}

base::Status Node::publish() {
  std::vector<DispatchTable::Route> routes;
  routes.reserve(active_.size());
  for (const Active& active : active_) routes.push_back({active.run, active.from_epoch});
  return worker_.publish(std::make_shared<DispatchTable>(++generation_, routes, taps_.get()));
}

void Node::tick() {
  refresh_port_drops();
  const base::SteadyTime now = clock_.steady();
  if (std::ranges::any_of(active_,
                          [&](const Active& active) { return active.closes_at && now >= *active.closes_at; })) {
    close_due(now);
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(closed_, [&](const Closed& closed) { return now - closed.at >= options_.remember; });
}

void Node::close_due(base::SteadyTime now) {
  std::vector<Active> due;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(active_, [&](const Active& active) {
      if (!active.closes_at || now < *active.closes_at) return false;
      due.push_back(active);
      return true;
    });
  }
  // Only when the worker has let go of a run may its sinks believe that nothing more comes. A worker that hangs now
  // makes the files wait as well.
  if (!publish()) {
    const std::lock_guard lock(mutex_);
    active_.insert(active_.end(), due.begin(), due.end());
    return;
  }
  const std::lock_guard lock(mutex_);
  for (const Active& over : due) {
    over.run->close();
    closed_.push_back({over.run, now});
  }
  stream_bell_.ring();
}

void Node::refresh_port_drops() {
  const PortDrops drops = input_.drops();
  port_drops_.set(drops.total());
  const std::lock_guard lock(mutex_);
  port_ = drops;
}

std::shared_ptr<const Assignment> Node::assignment() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

NodeReport Node::report() const {
  NodeReport report;
  report.frames = &pipeline_.counters;
  report.problems = recorder_.problems();
  const std::lock_guard lock(mutex_);
  if (in_force_) {
    report.controller = in_force_->controller;
    report.applied = in_force_->revision;
    report.epoch = in_force_->epoch;
  }
  report.port = port_;
  for (const Active& active : active_) {
    report.policies.push_back({active.run, false});
    if (!active.closes_at && active.run->limit_reached()) report.ended.push_back(active.run->policy().name);
  }
  for (const Closed& closed : closed_) report.policies.push_back({closed.run, true});
  return report;
}

}  // namespace superspan::node
