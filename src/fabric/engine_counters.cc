// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/engine_impl.h"

namespace superspan::fabric {
namespace {

// What a counter grew by. One that shrank was started again by the switch.
std::uint64_t growth(std::uint64_t before, std::uint64_t after) {
  return after >= before ? after - before : after;
}

bool goes_to_node(const PlacedPolicy& placed) {
  return std::ranges::any_of(
      placed.destinations, [](const Destination& destination) { return destination.kind == Destination::Kind::kNode; });
}

}  // namespace

void Engine::Impl::count(SwitchRecord& record, const InstalledFlows& dumped, const openflow::CookieFilter& part) {
  for (const auto& [id, block] : record.desired->blocks()) {
    if (!may_cover(part, id)) continue;
    for (const DesiredFlow& desired : *block) {
      if (desired.counts.empty() || !part.covers(desired.flow.cookie)) continue;
      const auto found = dumped.find(desired.flow.key);
      if (found == dumped.end() || found->second.flow.cookie != desired.flow.cookie) continue;
      const auto before = record.installed.find(desired.flow.key);
      Traffic grown{found->second.packets, found->second.bytes};
      if (before != record.installed.end()) {
        grown.packets = growth(before->second.packets, grown.packets);
        grown.bytes = growth(before->second.bytes, grown.bytes);
      }
      for (const std::uint32_t number : desired.counts) {
        for (auto* const totals : {desired.hop ? &record.hops : nullptr, desired.taken ? &record.taken : nullptr}) {
          if (totals == nullptr) continue;
          (*totals)[number].packets += grown.packets;
          (*totals)[number].bytes += grown.bytes;
        }
      }
    }
  }
  for (const auto& [key, flow] : dumped) {  // also when the dump is too old to show what is installed
    const auto known = record.installed.find(key);
    if (known == record.installed.end() || known->second.flow.cookie != flow.flow.cookie) continue;
    known->second.packets = flow.packets;
    known->second.bytes = flow.bytes;
  }
}

// A flow whose cookie somebody changed is counted when it is repaired; the switch counts on.
void Engine::Impl::keep_uncounted(const SwitchRecord& record, InstalledFlows& dumped) {
  for (auto& [key, flow] : dumped) {
    const auto known = record.installed.find(key);
    if (known == record.installed.end() || known->second.flow.cookie == flow.flow.cookie) continue;
    flow.packets = known->second.packets;
    flow.bytes = known->second.bytes;
  }
}

// What is counted at the same moment in all switches is not counted by an audit of a part in between.
void Engine::Impl::leave_to_common_count(const SwitchRecord& record, InstalledFlows& part) const {
  const openflow::CookieFilter common = counting_flows();
  for (auto& [key, found] : part) {
    if (!common.covers(found.flow.cookie)) continue;
    const auto known = record.installed.find(key);
    found.packets = known == record.installed.end() ? 0 : known->second.packets;
    found.bytes = known == record.installed.end() ? 0 : known->second.bytes;
  }
}

// Where their routes stand to the end and their copies have left.
void Engine::Impl::read_last_counters() {
  if (!removes() || topology->encapsulation() != Encapsulation::kNsh) return;
  for (SwitchIndex at = 0; at < records_.size(); ++at) {
    SwitchRecord& record = records_[at];
    record.counted = false;
    if (record.state != SwitchState::kSynced) continue;
    record.counting = next_dump_++;
    out_.emplace_back(DumpFlows{topology->switches()[at].datapath, *record.counting, counting_flows()});
  }
}

void Engine::Impl::tell_last_counters() {
  const auto counted = [this](const auto& hop) { return records_[hop.first].counted; };
  const bool can_be = lag_over_ && topology->encapsulation() == Encapsulation::kNsh;
  for (const WantedPolicy& policy : steady_.policies) {
    const std::uint32_t number = policy.placed.number();
    const bool stays = std::ranges::binary_search(next_, number, {}, &PlacedPolicy::number);
    if (stays) continue;
    out_.emplace_back(FinalCounters{number, hops_of(policy), can_be && std::ranges::all_of(*policy.route, counted)});
  }
}

Traffic Engine::Impl::taken(std::uint32_t number) const {
  Traffic all;
  for (const SwitchRecord& record : records_) {
    const auto found = record.taken.find(number);
    if (found == record.taken.end()) continue;
    all.packets += found->second.packets;
    all.bytes += found->second.bytes;
  }
  return all;
}

// A node counts what it delivers, exactly; without one, the rules that set the bit do.
bool Engine::Impl::counts_at_taps(const PlacedPolicy& placed) {
  const Limits& limits = placed.policy->limits;
  return (limits.packets != 0 || limits.bytes != 0) && !goes_to_node(placed);
}

void Engine::Impl::check_limits() {
  for (const PlacedPolicy& placed : asked_) {
    const Policy& policy = *placed.policy;
    const Limits& limits = policy.limits;
    const char* reached = nullptr;
    if (limits.duration_s != 0 && now_.wall - policy.created_at >= std::chrono::seconds(limits.duration_s)) {
      reached = "duration";
    } else if (counts_at_taps(placed)) {
      const Traffic traffic = taken(policy.number);
      if (limits.packets != 0 && traffic.packets >= limits.packets) reached = "packets";
      if (limits.bytes != 0 && traffic.bytes >= limits.bytes) reached = "bytes";
    }
    if (reached == nullptr || !limits_reported_.insert(policy.number).second) continue;
    emit(Event::Kind::kLimitReached, policy.name, "", reached);
  }
}

std::string Engine::Impl::stage_of(const Hop& hop, const WantedPolicy& policy, SwitchIndex at) const {
  std::string stage = hop.from_taps ? "filter" : "";
  const bool delivers = std::ranges::any_of(policy.placed.destinations, [&](const Destination& destination) {
    return topology->where(destination).at == at;
  });
  if (delivers) stage += stage.empty() ? "delivery" : "+delivery";
  return stage.empty() ? "mux" : stage;
}

std::vector<HopCounter> Engine::Impl::hops_of(const WantedPolicy& policy) const {
  std::vector<HopCounter> hops;
  for (const auto& [at, hop] : *policy.route) {
    HopCounter counter{topology->switches()[at].name, stage_of(hop, policy, at), 0, 0};
    const auto found = records_[at].hops.find(policy.placed.number());
    if (found != records_[at].hops.end()) {
      counter.packets = found->second.packets;
      counter.bytes = found->second.bytes;
    }
    hops.push_back(std::move(counter));
  }
  const auto rank = [](const HopCounter& hop) {
    if (hop.stage.starts_with("filter")) return 0;
    return hop.stage == "mux" ? 1 : 2;
  };
  std::ranges::stable_sort(hops, {}, rank);
  return hops;
}

}  // namespace superspan::fabric
