// SPDX-License-Identifier: Apache-2.0
// An engine between switches and nodes that are values. Commands wait in a list; a test lets the world answer them, or
// answers some itself. Every command leaves a line in the log, so a history reads as text. Header only, for tests.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "fabric/engine.h"
#include "fabric/reconcile.h"
#include "fabric/testing/support.h"

namespace superspan::fabric::support {

struct FakeSwitch {
  bool connected = false;
  InstalledFlows flows;
  std::optional<openflow::TransactionResult> refusal;  // answer to the next transaction
  bool refuses_all = false;                            // transactions, without a word about a flow
  std::uint64_t refused_number = 0;                    // refuses mods of this policy, again and again
  bool bundles = true;                                 // false: does what is not refused of an atomic transaction
};

class World {
 public:
  // Nothing to settle in switches that are values.
  static EngineOptions at_once() {
    EngineOptions options;
    options.settle_time = {};
    options.statistics_lag = {};
    return options;
  }
  explicit World(const char* yaml, EngineOptions options = at_once())
      : topology(std::make_shared<Topology>(make_fabric(yaml))), engine(topology, options) {}

  // --- verbs; each returns the lines that it caused, before anything is answered ---
  std::string ask(std::uint32_t epoch, std::vector<Policy> policies) {
    auto checked = engine.check({epoch, std::move(policies)});
    if (!checked) return "error " + checked.error().place + ": " + checked.error().message + "\n";
    return take(engine.set_policies(std::move(*checked), now));
  }
  // Nothing of the transaction is done, and no flow is to blame.
  static openflow::TransactionResult refused() {
    openflow::TransactionResult result;
    result.error = base::Error{base::ErrorCode::kUnavailable, "no bundle", "", "", std::nullopt};
    result.applied_nothing = true;
    return result;
  }
  std::string switch_up(const std::string& name) {
    switches[datapath(name)].connected = true;
    openflow::SwitchInfo info;
    info.datapath = datapath(name);
    info.version = openflow::Version::k13;
    return take(engine.switch_ready(info, now));
  }
  std::string switch_down(const std::string& name, bool loses_flows = false) {
    FakeSwitch& one = switches[datapath(name)];
    one.connected = false;
    if (loses_flows) one.flows.clear();
    std::erase_if(pending, [&](const Command& command) { return datapath_of(command) == datapath(name); });
    return take(engine.switch_down(datapath(name), "connection lost", now));
  }
  std::string node_up(const std::string& name) { return take(engine.node_up(name, now)); }
  std::string node_down(const std::string& name) { return take(engine.node_down(name, now)); }
  // Its first assignment that waits.
  std::string node_refuses(const std::string& name) {
    const auto assigned = std::ranges::find_if(pending, [&](const Command& command) {
      const auto* const assign = std::get_if<AssignNode>(&command);
      return assign != nullptr && assign->node == name;
    });
    const auto revision = std::get<AssignNode>(*assigned).revision;
    pending.erase(assigned);
    return take(engine.node_applied(name, revision, base::fail(base::ErrorCode::kInternal, "no room"), now));
  }
  std::string after(base::Duration time) {
    now.steady += time;
    now.wall += time;
    return take(engine.tick(now));
  }

  // Answers everything that waits, and what comes of it.
  std::string answer() {
    std::string log;
    while (!pending.empty()) log += answer_one();
    return log;
  }
  // Answers the first commands that wait.
  std::string answer_some(std::size_t count) {
    std::string log;
    for (; count > 0 && !pending.empty(); --count) log += answer_one();
    return log;
  }
  // Answers what waits now, in order, but not what comes of it.
  std::string answer_round() { return answer_some(pending.size()); }
  // The usual start: all switches and nodes connect.
  void connect_all() {
    for (const Switch& one : topology->switches()) switch_up(one.name);
    for (const Node& node : topology->nodes()) node_up(node.name);
    answer();
  }

  [[nodiscard]] openflow::DatapathId datapath(const std::string& name) const {
    return topology->switches()[*topology->find_switch(name)].datapath;
  }
  [[nodiscard]] std::string state(const std::string& policy) const {
    for (const PolicyView& view : engine.policies()) {
      if (view.name == policy) return std::string(to_string(view.state)) + (view.why.empty() ? "" : ": " + view.why);
    }
    return "unknown";
  }
  // True if every connected switch holds exactly the desired flows.
  [[nodiscard]] bool all_in_force() const {
    return std::ranges::all_of(switches, [this](const auto& entry) {
      if (!entry.second.connected) return true;
      std::vector<openflow::Flow> flows;
      for (const auto& [key, flow] : entry.second.flows) flows.push_back(flow.flow);
      std::ranges::sort(flows, {}, &openflow::Flow::key);
      return flows == engine.desired(entry.first);
    });
  }

  std::shared_ptr<const Topology> topology;
  Engine engine;
  std::map<openflow::DatapathId, FakeSwitch> switches;
  std::deque<Command> pending;
  std::function<void()> on_state;  // after each mod of a transaction that is not atomic
  Now now{base::SteadyTime{std::chrono::hours(1)}, base::WallTime{std::chrono::hours(1)}};

 private:
  static std::optional<openflow::DatapathId> datapath_of(const Command& command) {
    if (const auto* const send = std::get_if<SendTransaction>(&command)) return send->datapath;
    if (const auto* const dump = std::get_if<DumpFlows>(&command)) return dump->datapath;
    return std::nullopt;
  }
  std::string name_of(openflow::DatapathId id) const { return topology->switches()[*topology->find_switch(id)].name; }

  std::string take(Commands commands) {
    std::string log;
    for (Command& command : commands) {
      log += line(command) + "\n";
      const bool told = std::holds_alternative<Event>(command) || std::holds_alternative<FinalCounters>(command);
      if (!told) pending.push_back(std::move(command));
    }
    return log;
  }

  std::string line(const Command& command) const {
    if (const auto* const send = std::get_if<SendTransaction>(&command)) {
      std::size_t adds = 0;
      for (const auto& mod : send->mods) adds += mod.command == openflow::FlowCommand::kAdd ? 1 : 0;
      return "send " + name_of(send->datapath) + " +" + std::to_string(adds) + " -" +
             std::to_string(send->mods.size() - adds) + (send->atomic ? " at once" : "");
    }
    if (const auto* const dump = std::get_if<DumpFlows>(&command)) {
      const bool counts = dump->only == Cookie::of_stage(Stage::kRoute);
      return (dump->only.all() ? "dump " : counts ? "count " : "audit part ") + name_of(dump->datapath);
    }
    if (const auto* const assign = std::get_if<AssignNode>(&command)) {
      std::string text = "assign " + assign->node + ":";
      for (const auto& policy : assign->policies) text += " " + policy->name;
      return text;
    }
    if (const auto* const last = std::get_if<FinalCounters>(&command)) {
      std::string text = "last of " + std::to_string(last->number) + ":";
      for (const HopCounter& hop : last->hops) text += " " + hop.at + " " + std::to_string(hop.packets);
      return text + (last->complete ? "" : " incomplete");
    }
    const auto& event = std::get<Event>(command);
    std::string text = to_string(event.kind);
    for (const std::string* const part : {&event.policy, &event.place, &event.text}) {
      if (!part->empty()) text += " " + *part;
    }
    return text;
  }

  std::string answer_one() {
    const Command command = std::move(pending.front());
    pending.pop_front();
    if (const auto* const dump = std::get_if<DumpFlows>(&command)) {
      std::vector<openflow::FlowStatistics> flows;
      for (const auto& [key, flow] : switches[dump->datapath].flows) flows.push_back(flow);
      return take(engine.flows_dumped(dump->datapath, dump->id, std::move(flows), now));
    }
    if (const auto* const assign = std::get_if<AssignNode>(&command)) {
      return take(engine.node_applied(assign->node, assign->revision, {}, now));
    }
    const auto& send = std::get<SendTransaction>(command);
    return take(engine.transaction_done(send.datapath, send.id, run(send), now));
  }

  openflow::TransactionResult run(const SendTransaction& send) {
    FakeSwitch& one = switches[send.datapath];
    if (one.refuses_all) return refused();
    if (one.refusal) return *std::exchange(one.refusal, std::nullopt);
    openflow::TransactionResult result;
    for (std::size_t index = 0; index < send.mods.size(); ++index) {
      const auto cookie = Cookie::parse(send.mods[index].flow.cookie);
      if (one.refused_number == 0 || !cookie || cookie->policy != one.refused_number) continue;
      result.failed.push_back({false, index, to_string(send.mods[index].flow), "OFPFMFC_TABLE_FULL"});
      result.error = base::Error{base::ErrorCode::kLimit, "the switch refused a flow", "", "", std::nullopt};
      result.applied_nothing = send.atomic && one.bundles;
      if (result.applied_nothing) return result;
    }
    for (std::size_t index = 0; index < send.mods.size(); ++index) {
      const auto failed = [index](const openflow::FailedMod& each) { return each.index == index; };
      if (std::ranges::none_of(result.failed, failed)) apply({send.mods[index]}, one.flows);
      if (!send.atomic && on_state) on_state();
    }
    return result;
  }
};

}  // namespace superspan::fabric::support
