// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/engine_impl.h"

namespace superspan::fabric {
namespace {

constexpr base::Duration kRetryMax = std::chrono::seconds(30);
constexpr unsigned kDoublings = 5;  // of the pause before the next try
constexpr std::size_t kPart = 256;  // flows that an audit reads at once
constexpr base::Duration kBeforeCount = std::chrono::milliseconds(100);
constexpr base::Duration kStuck = std::chrono::seconds(1);  // a commit that waits for so long lets others be counted

std::string hex(openflow::DatapathId datapath) {
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(datapath));
  return text;
}

std::string words_of(const openflow::TransactionResult& result) {
  std::string words = result.error->message;
  if (!result.failed.empty()) words += ": " + result.failed.front().error + " for " + result.failed.front().mod;
  return words;
}

InstalledFlows by_key(std::vector<openflow::FlowStatistics> flows) {
  InstalledFlows result;
  result.reserve(flows.size());
  for (openflow::FlowStatistics& one : flows) {
    openflow::FlowKey key = one.flow.key;
    result.emplace(std::move(key), std::move(one));
  }
  return result;
}

}  // namespace

const SwitchRecord* Engine::Impl::find(openflow::DatapathId datapath) const {
  const auto at = topology->find_switch(datapath);
  return at ? &records_[*at] : nullptr;
}

// All switches are counted at the same moments, so that the counters of the hops of a policy can be compared; also
// while a commit waits for one of them. Reading all flows for the counters is an audit; else a large table is audited
// in parts, and none is under way at that moment.
void Engine::Impl::poll(SwitchIndex at) {
  SwitchRecord& record = records_[at];
  if (record.state == SwitchState::kWaiting && now_.steady >= record.retry_at) {
    record.state = SwitchState::kDumping;
    return dump(at, Reads::kAll);
  }
  const bool calm = step == Step::kIdle;
  if (record.state != SwitchState::kSynced || (!calm && now_.steady - entered_ < kStuck)) return;
  const auto tick = [this](base::SteadyTime time) { return time.time_since_epoch() / options_.poll_interval; };
  const bool in_parts = record.installed.size() > kPart && !counting_flows().all() &&
                        topology->switches()[at].profile != Profile::kOpenflow10;
  const auto age = now_.steady - record.audited;
  if (tick(now_.steady) != tick(record.polled)) {
    const base::Duration pause = std::chrono::milliseconds(record.installed.size());
    const bool audits = calm && !in_parts && age + options_.poll_interval / 2 >= pause;
    dump(at, audits ? Reads::kAll : Reads::kCounters);
  } else if (calm && in_parts && age >= record.part_pause && tick(now_.steady + kBeforeCount) == tick(now_.steady)) {
    dump(at, Reads::kPart);
  }
}

openflow::CookieFilter Engine::Impl::next_part(SwitchRecord& record) {
  if (record.parts.empty()) {
    std::vector<std::uint64_t> cookies;
    cookies.reserve(record.installed.size());
    for (const auto& [key, found] : record.installed) cookies.push_back(found.flow.cookie);
    record.parts = audit_parts(std::move(cookies), kPart);
  }
  const openflow::CookieFilter part = record.parts.back();
  record.parts.pop_back();
  return part;
}

// One at a time; reading all takes the place of any other. Routes count for the hops; only limits of policies without a
// node need the rules.
void Engine::Impl::dump(SwitchIndex at, Reads reads) {
  SwitchRecord& record = records_[at];
  if (record.dumping && (record.dumping->reads == Reads::kAll || reads != Reads::kAll)) return;
  openflow::CookieFilter part;
  if (reads == Reads::kCounters) part = counting_flows();
  if (reads == Reads::kPart) part = next_part(record);
  record.dumping = SwitchRecord::Dump{next_dump_++, reads, part, record.transactions};
  if (reads != Reads::kPart) record.polled = now_.steady;
  if (reads != Reads::kCounters) record.audited = now_.steady;
  out_.emplace_back(DumpFlows{topology->switches()[at].datapath, record.dumping->id, part});
}

openflow::CookieFilter Engine::Impl::counting_flows() const {
  const bool routes_suffice =
      topology->encapsulation() == Encapsulation::kNsh && std::ranges::none_of(asked_, &Impl::counts_at_taps);
  return routes_suffice ? Cookie::of_stage(Stage::kRoute) : openflow::CookieFilter{};
}

void Engine::Impl::retry_later(SwitchIndex at, const std::string& why) {
  SwitchRecord& record = records_[at];
  record.state = SwitchState::kWaiting;
  record.why = why;
  record.applied.reset();
  const base::Duration pause = options_.retry_time * (1U << std::min(record.failures++, kDoublings));
  record.retry_at = now_.steady + std::min(pause, std::max(kRetryMax, options_.retry_time));
}

void Engine::Impl::pursue(SwitchIndex at) {
  SwitchRecord& record = records_[at];
  if (record.state != SwitchState::kSynced && record.state != SwitchState::kSending) return;
  if (record.sending) return;
  std::vector<openflow::FlowMod> mods;
  if (record.applied != record.desired) {
    mods = record.applied ? changes(*record.applied, *record.desired) : compare(record.installed, *record.desired).mods;
  }
  if (mods.empty()) {
    record.confirm(record.desired, now_.steady);
    record.state = SwitchState::kSynced;
    record.why.clear();
    return;
  }
  // Where every state on the way is right, and known to be.
  const bool ordered = record.applied && topology->encapsulation() == Encapsulation::kNsh;
  Sending sending = ordered ? in_safe_order(std::move(mods), record.installed) : Sending{std::move(mods)};
  record.may_hold.merge(record.desired->policies());
  record.state = SwitchState::kSending;
  record.sending = SwitchRecord::Transaction{next_transaction_++, record.desired, sending.mods, now_.steady};
  ++record.transactions;
  record.mods += sending.mods.size();
  out_.emplace_back(
      SendTransaction{topology->switches()[at].datapath, record.sending->id, std::move(sending.mods), sending.atomic});
}

Commands Engine::Impl::switch_ready(const openflow::SwitchInfo& info, Now now) {
  now_ = now;
  const auto at = topology->find_switch(info.datapath);
  if (!at) {
    emit(Event::Kind::kSwitchRefused, "", hex(info.datapath), "this datapath is not in the fabric file");
    return finish();
  }
  SwitchRecord& record = records_[*at];
  const Switch& wanted = topology->switches()[*at];
  record.sending.reset();
  record.applied.reset();
  record.dumping.reset();
  record.counting.reset();
  record.failures = 0;
  if (wanted.profile != Profile::kOpenflow10 && info.version == openflow::Version::k10) {
    record.state = SwitchState::kAbsent;
    record.why = std::string("speaks OpenFlow 1.0 only, but has profile ") + to_string(wanted.profile);
    emit(Event::Kind::kSwitchRefused, "", wanted.name, record.why);
    return finish();
  }
  record.state = SwitchState::kDumping;
  record.why.clear();
  dump(*at, Reads::kAll);
  return finish();
}

Commands Engine::Impl::switch_down(openflow::DatapathId datapath, const std::string& why, Now now) {
  now_ = now;
  const auto at = topology->find_switch(datapath);
  if (!at || records_[*at].state == SwitchState::kAbsent) return finish();
  SwitchRecord& record = records_[*at];
  record.state = SwitchState::kAbsent;
  record.why = why;
  record.sending.reset();
  record.applied.reset();
  record.dumping.reset();
  record.counting.reset();
  emit(Event::Kind::kSwitchAbsent, "", topology->switches()[*at].name, why);
  return finish();
}

Commands Engine::Impl::flows_dumped(openflow::DatapathId datapath, std::uint64_t id,
                                    base::Result<std::vector<openflow::FlowStatistics>> flows, Now now) {
  now_ = now;
  const auto at = topology->find_switch(datapath);
  if (!at) return finish();
  SwitchRecord& record = records_[*at];
  if (record.counting == id) {
    record.counting.reset();
    record.counted = flows.has_value();
    if (flows) count(record, by_key(std::move(*flows)), counting_flows());
    return finish();
  }
  if (!record.dumping || record.dumping->id != id) return finish();
  const SwitchRecord::Dump dumped_by = *std::exchange(record.dumping, std::nullopt);
  if (dumped_by.reads == Reads::kCounters) {
    if (flows) count(record, by_key(std::move(*flows)), dumped_by.part);
    return finish();
  }
  // A dump that a transaction overtook may show either state: good for counters only.
  const bool overtaken = record.sending || dumped_by.sent != record.transactions;
  if (dumped_by.reads == Reads::kPart) {
    look_at_part(*at, dumped_by.part, std::move(flows), overtaken);
    return finish();
  }
  const bool first = record.state == SwitchState::kDumping;
  if (first && dumped_by.sent != record.transactions) {  // asked for before the transaction that failed
    dump(*at, Reads::kAll);
    return finish();
  }
  if (!flows) {
    if (first) retry_later(*at, "its flows cannot be read: " + flows.error().message);
    return finish();
  }
  InstalledFlows dumped = by_key(std::move(*flows));
  count(record, dumped, {});
  if (first) {
    synced(*at, std::move(dumped));
  } else if (!overtaken) {
    audit(*at, std::move(dumped));
  }
  return finish();
}

// Only looks: what differs is repaired in one transaction, after all flows have been read.
void Engine::Impl::look_at_part(SwitchIndex at, const openflow::CookieFilter& part,
                                base::Result<std::vector<openflow::FlowStatistics>> flows, bool overtaken) {
  SwitchRecord& record = records_[at];
  if (!flows || overtaken) {  // again when the others have been read
    record.parts.insert(record.parts.begin(), part);
    return;
  }
  std::erase_if(*flows, [&part](const auto& found) { return !part.covers(found.flow.cookie); });
  InstalledFlows found = by_key(std::move(*flows));
  record.part_pause = std::chrono::milliseconds(found.size());
  leave_to_common_count(record, found);
  count(record, found, part);
  if (record.in_force() && compare(found, *record.desired, part).count() != 0) dump(at, Reads::kAll);
}

void Engine::Impl::synced(SwitchIndex at, InstalledFlows dumped) {
  SwitchRecord& record = records_[at];
  record.installed = std::move(dumped);
  record.parts.clear();
  const Difference difference = compare(record.installed, *record.desired);
  record.state = SwitchState::kSynced;
  pursue(at);
  std::string text = std::to_string(difference.mods.size()) + " changes to send";
  if (!difference.first.empty()) text += ", first " + difference.first;
  emit(Event::Kind::kSwitchSynced, "", topology->switches()[at].name, text);
}

void Engine::Impl::audit(SwitchIndex at, InstalledFlows found) {
  SwitchRecord& record = records_[at];
  keep_uncounted(record, found);
  record.installed = std::move(found);
  record.parts.clear();
  if (!record.in_force()) return;
  const Difference difference = compare(record.installed, *record.desired);
  if (difference.count() == 0) return;
  record.repaired_flows += difference.count();
  emit(Event::Kind::kSwitchRepaired, "", topology->switches()[at].name,
       std::to_string(difference.missing) + " missing, " + std::to_string(difference.changed) + " changed, " +
           std::to_string(difference.stale) + " stale, " + std::to_string(difference.foreign) + " foreign; " +
           difference.first);
  record.applied.reset();
  pursue(at);
}

// Whose fault a refused transaction is: the policies of the mods that failed; if the switch does not say, those that
// the commit under way adds and that have flows in it.
std::set<std::uint32_t> Engine::Impl::blamed(const SwitchRecord::Transaction& sent,
                                             const openflow::TransactionResult& result) const {
  Numbers numbers;
  const auto number_of = [](const openflow::FlowMod& mod) {
    const auto cookie = Cookie::parse(mod.flow.cookie);
    return cookie && mod.command == openflow::FlowCommand::kAdd ? cookie->policy : 0U;
  };
  for (const openflow::FailedMod& failed : result.failed) {
    if (!failed.is_group && failed.index < sent.mods.size()) numbers.insert(number_of(sent.mods[failed.index]));
  }
  numbers.erase(0);
  const base::ErrorCode code = result.error->code;
  const bool away = code == base::ErrorCode::kUnavailable || code == base::ErrorCode::kTimeout;
  if (!numbers.empty() || step == Step::kIdle || away) return numbers;
  // Also where flows name no policy (VLAN): the new policies whose copies pass here.
  for (const openflow::FlowMod& mod : sent.mods) numbers.insert(number_of(mod));
  for (const auto& [id, block] : sent.target->blocks()) {
    for (const DesiredFlow& flow : *block) numbers.insert(flow.counts.begin(), flow.counts.end());
  }
  numbers.erase(0);
  std::erase_if(numbers, [this](std::uint32_t number) {
    return !std::ranges::binary_search(next_, number, {}, &PlacedPolicy::number) ||
           std::ranges::binary_search(current_, number, {}, &PlacedPolicy::number);
  });
  return numbers;
}

Commands Engine::Impl::transaction_done(openflow::DatapathId datapath, std::uint64_t id,
                                        const openflow::TransactionResult& result, Now now) {
  now_ = now;
  const auto at = topology->find_switch(datapath);
  if (!at || !records_[*at].sending || records_[*at].sending->id != id) return finish();
  SwitchRecord& record = records_[*at];
  const SwitchRecord::Transaction sent = std::move(*record.sending);
  record.sending.reset();
  if (result.ok()) {
    apply(sent.mods, record.installed);
    record.confirm(sent.target, now_.steady);
    pursue(*at);
    return finish();
  }
  const std::string words = words_of(result);
  emit(Event::Kind::kSwitchRefused, "", topology->switches()[*at].name, words);
  const Numbers guilty = blamed(sent, result);
  const bool known = std::ranges::all_of(guilty, [this](std::uint32_t number) { return failed_.contains(number); });
  if (guilty.empty() || (known && sent.target == record.desired)) {  // sending the same at once would never end
    retry_later(*at, words);
  } else if (!result.applied_nothing) {
    record.state = SwitchState::kDumping;  // to see what it holds now
    record.applied.reset();
    dump(*at, Reads::kAll);
  } else {
    record.state = SwitchState::kSynced;  // as before the transaction; what it shall hold changes
  }
  if (!known) fail_policies(guilty, topology->switches()[*at].name + ": " + words);
  if (sent.target != record.desired) pursue(*at);
  return finish();
}

}  // namespace superspan::fabric
