// SPDX-License-Identifier: Apache-2.0
// Transactions and dumps of a ready session.
#include <algorithm>

#include "openflow/session_impl.h"

namespace superspan::openflow {
namespace {

using base::ErrorCode;
using Phase = RunningTransaction::Phase;

constexpr std::uint32_t kBundle = 2;  // one at a time

base::Error make_error(ErrorCode code, std::string message, std::string hint = {}) {
  return {code, std::move(message), std::move(hint), {}, std::nullopt};
}

bool is_reply_to(const Body& body, BundleStep step) {
  const auto* reply = std::get_if<BundleReply>(&body);
  return reply != nullptr && reply->type == static_cast<std::uint16_t>(step) + 1;
}

}  // namespace

std::pair<bool, std::size_t> RunningTransaction::mod_at(std::size_t position) const {
  if (position < groups_before.size()) return {true, groups_before[position]};
  position -= groups_before.size();
  if (position < mods.flows.size()) return {false, position};
  return {true, groups_after[position - mods.flows.size()]};
}

base::Result<RequestId> Session::Impl::send(Transaction transaction) {
  if (state != State::kReady) return base::fail(ErrorCode::kUnavailable, "the switch is not connected");
  if (transaction.flows.size() + transaction.groups.size() > options_.limits.transaction_mods) {
    return base::fail(ErrorCode::kLimit,
                      "a transaction has at most " + std::to_string(options_.limits.transaction_mods) + " changes",
                      "split it");
  }
  if (transactions_.size() >= options_.limits.transactions) {
    return base::fail(ErrorCode::kLimit, "too many transactions wait for the switch", "wait for some to end");
  }
  RunningTransaction& running = transactions_.emplace_back();
  running.request = next_request_++;
  running.mods = std::move(transaction);
  running.bundled = info.bundles && running.mods.atomic;
  for (std::size_t index = 0; index < running.mods.groups.size(); ++index) {
    const bool last = running.mods.groups[index].command == GroupCommand::kDelete;
    (last ? running.groups_after : running.groups_before).push_back(index);
  }
  const RequestId request = running.request;
  start_next_transaction();
  return request;
}

// Brings the first transaction under way; those that end at once make room for the next.
void Session::Impl::start_next_transaction() {
  while (!transactions_.empty() && transactions_.front().phase == Phase::kWaiting) {
    RunningTransaction& running = transactions_.front();
    running.first = next_xid(running.count() + 4);
    running.last_progress = now_;
    running.phase = Phase::kWriting;
    if (running.checked_first()) encode_plain(running);
    const bool nothing_to_send = running.count() == 0 || running.result.failed_count != 0;
    if (!nothing_to_send) return;
    running.result.applied_nothing = true;
    finish_transaction();
  }
}

// All or nothing without bundles: a mod that cannot be encoded must be found before the first one is sent.
void Session::Impl::encode_plain(RunningTransaction& running) {
  for (std::size_t position = 0; position < running.count(); ++position) {
    if (const auto status = encode_mod(running, position, running.encoded); !status) {
      note_failed(running, position, status.error().message);
    }
  }
}

base::Status Session::Impl::encode_mod(RunningTransaction& running, std::size_t position, base::Bytes& out) {
  const auto [is_group, index] = running.mod_at(position);
  const Xid xid = running.first + 1 + static_cast<Xid>(position);
  const auto bundle = running.bundled ? std::optional(kBundle) : std::nullopt;
  if (is_group) return encoder_.group_mod(out, xid, running.mods.groups[index], bundle);
  return encoder_.flow_mod(out, xid, running.mods.flows[index], bundle);
}

void Session::Impl::note_failed(RunningTransaction& running, std::size_t position, std::string error) {
  TransactionResult& result = running.result;
  if (++result.failed_count > options_.limits.failed_mods) return;
  const auto [is_group, index] = running.mod_at(position);
  std::string text;
  if (is_group) {
    text = to_string(running.mods.groups[index]);
  } else {
    const FlowMod& mod = running.mods.flows[index];
    text = (mod.command == FlowCommand::kAdd ? "add " : "delete ") + to_string(mod.flow);
  }
  result.failed.push_back({is_group, index, std::move(text), std::move(error)});
}

void Session::Impl::write(base::Bytes& out, std::size_t budget) {
  if (transactions_.empty() || transactions_.front().phase != Phase::kWriting) return;
  RunningTransaction& running = transactions_.front();
  running.last_progress = now_;
  const bool all = running.checked_first() ? write_encoded(running, out, budget) : write_mods(running, out, budget);
  if (!all) return;
  counters.flow_mods_sent += running.mods.flows.size();
  counters.messages_sent += running.count() + 1;
  const Xid last = running.first + 1 + static_cast<Xid>(running.count());
  if (running.bundled) {
    encoder_.bundle_control(out, last, kBundle, BundleStep::kClose);
  } else {
    encoder_.barrier_request(out, last);
  }
  running.phase = running.bundled ? Phase::kAwaitClose : Phase::kAwaitBarrier;
}

bool Session::Impl::write_encoded(RunningTransaction& running, base::Bytes& out, std::size_t budget) {
  const std::size_t part = std::min(budget, running.encoded.size() - running.encoded_sent);
  const auto begin = running.encoded.begin() + static_cast<std::ptrdiff_t>(running.encoded_sent);
  out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(part));
  running.encoded_sent += part;
  return running.encoded_sent == running.encoded.size();
}

bool Session::Impl::write_mods(RunningTransaction& running, base::Bytes& out, std::size_t budget) {
  const std::size_t limit = out.size() + budget;
  if (running.bundled && running.written == 0) {
    encoder_.bundle_control(out, running.first, kBundle, BundleStep::kOpen);
    ++counters.messages_sent;
  }
  while (running.written < running.count() && out.size() < limit) {
    const std::size_t position = running.written++;
    if (const auto status = encode_mod(running, position, out); !status) {
      note_failed(running, position, status.error().message);
    }
  }
  return running.written == running.count();
}

void Session::Impl::on_transaction_reply(const Header& header, const Body& body) {
  if (transactions_.empty() || !transactions_.front().owns(header.xid)) {
    ++counters.unexpected_replies;
    return;
  }
  RunningTransaction& running = transactions_.front();
  running.last_progress = now_;
  if (running.phase == Phase::kAwaitClose && is_reply_to(body, BundleStep::kClose)) return settle_bundle();
  const bool committed = running.phase == Phase::kAwaitCommit && is_reply_to(body, BundleStep::kCommit);
  const bool discarded = running.phase == Phase::kAwaitDiscard && is_reply_to(body, BundleStep::kDiscard);
  const bool passed = running.phase == Phase::kAwaitBarrier && std::holds_alternative<BarrierReply>(body);
  if (discarded) running.result.applied_nothing = true;
  if (committed || discarded || passed) return finish_transaction();
  if (!is_reply_to(body, BundleStep::kOpen)) ++counters.unexpected_replies;
}

// All mods are in the bundle, all errors about them have arrived: commit or discard.
void Session::Impl::settle_bundle() {
  RunningTransaction& running = transactions_.front();
  const bool good = running.result.failed_count == 0 && !running.result.error;
  const Xid commit = running.first + 2 + static_cast<Xid>(running.count());
  encoder_.bundle_control(control(), good ? commit : commit + 1, kBundle,
                          good ? BundleStep::kCommit : BundleStep::kDiscard);
  running.phase = good ? Phase::kAwaitCommit : Phase::kAwaitDiscard;
}

void Session::Impl::on_transaction_error(Xid xid, const std::string& name) {
  RunningTransaction& running = transactions_.front();
  running.last_progress = now_;
  const std::size_t offset = xid - running.first;
  const bool about_mod = offset >= 1 && offset <= running.count();
  if (about_mod && running.result.error) return;  // the bundle was not opened: no mod is to blame
  if (about_mod) return note_failed(running, offset - 1, name);
  const bool close_failed = offset == running.count() + 1 && running.phase == Phase::kAwaitClose;
  const bool commit_failed = offset == running.count() + 2 && running.phase == Phase::kAwaitCommit;
  const bool discard_failed = offset == running.count() + 3 && running.phase == Phase::kAwaitDiscard;
  if (!running.result.error && !discard_failed && running.result.failed_count == 0) {
    running.result.error = make_error(ErrorCode::kUnavailable, "the switch refuses the transaction: " + name);
  }
  if (close_failed) return settle_bundle();
  if (commit_failed || discard_failed) {
    running.result.applied_nothing = true;
    finish_transaction();
  } else if (running.phase == Phase::kAwaitBarrier && offset == running.count() + 1) {
    finish_transaction();
  }
}

void Session::Impl::finish_transaction() {
  RunningTransaction running = std::move(transactions_.front());
  transactions_.pop_front();
  TransactionResult& result = running.result;
  if (result.failed_count != 0) {
    result.error =
        make_error(ErrorCode::kInvalid,
                   std::to_string(result.failed_count) + " of " + std::to_string(running.count()) +
                       " changes failed; the first: " + result.failed.front().error + ": " + result.failed.front().mod,
                   result.applied_nothing ? "nothing was changed" : "the others were applied");
  }
  if (!result.error) result.applied_nothing = false;
  events.emplace_back(TransactionDone{running.request, std::move(result)});
  start_next_transaction();
}

template <typename Items>
base::Result<RequestId> Session::Impl::dump(const DumpRequest& request) {
  if (state != State::kReady) return base::fail(ErrorCode::kUnavailable, "the switch is not connected");
  if (dumps_.size() >= options_.limits.transactions) {
    return base::fail(ErrorCode::kLimit, "too many requests wait for the switch", "wait for some to end");
  }
  const Xid xid = next_xid();
  PendingDump& pending = dumps_[xid];
  pending.request = next_request_++;
  pending.last_progress = now_;
  pending.items = Items{};
  request(encoder_, control(), xid);
  return pending.request;
}
template base::Result<RequestId> Session::Impl::dump<std::vector<FlowStatistics>>(const DumpRequest& request);
template base::Result<RequestId> Session::Impl::dump<std::vector<PortStatistics>>(const DumpRequest& request);
template base::Result<RequestId> Session::Impl::dump<std::vector<TableStatistics>>(const DumpRequest& request);

template <typename Reply>
void Session::Impl::on_dump_reply(const Header& header, Reply reply) {
  using Items = decltype(reply.items);
  const auto found = dumps_.find(header.xid);
  auto* items = found == dumps_.end() ? nullptr : std::get_if<Items>(&found->second.items);
  if (items == nullptr) {
    ++counters.unexpected_replies;
    return;
  }
  PendingDump& pending = found->second;
  pending.last_progress = now_;
  pending.received_bytes += header.length_bytes;
  const bool too_many = items->size() + reply.items.size() > options_.limits.dumped_flows;
  if (too_many || pending.received_bytes > options_.limits.multipart_bytes) {
    return fail_dump(header.xid,
                     make_error(ErrorCode::kLimit, "the switch reports more than we take",
                                "the limit is " + std::to_string(options_.limits.dumped_flows) + " entries or " +
                                    std::to_string(options_.limits.multipart_bytes) + " bytes"));
  }
  std::ranges::move(reply.items, std::back_inserter(*items));
  if (reply.more) return;
  if constexpr (std::is_same_v<Items, std::vector<FlowStatistics>>) {
    events.emplace_back(FlowsDumped{pending.request, std::move(*items)});
  } else if constexpr (std::is_same_v<Items, std::vector<PortStatistics>>) {
    events.emplace_back(PortStatisticsDone{pending.request, std::move(*items)});
  } else {
    events.emplace_back(TableStatisticsDone{pending.request, std::move(*items)});
  }
  dumps_.erase(found);
}
template void Session::Impl::on_dump_reply(const Header&, FlowStatisticsReply);
template void Session::Impl::on_dump_reply(const Header&, PortStatisticsReply);
template void Session::Impl::on_dump_reply(const Header&, TableStatisticsReply);

void Session::Impl::fail_dump(Xid xid, base::Error error) {
  const auto found = dumps_.find(xid);
  const RequestId request = found->second.request;
  std::unexpected failed(std::move(error));
  switch (found->second.items.index()) {
    case 0:
      events.emplace_back(FlowsDumped{request, std::move(failed)});
      break;
    case 1:
      events.emplace_back(PortStatisticsDone{request, std::move(failed)});
      break;
    default:
      events.emplace_back(TableStatisticsDone{request, std::move(failed)});
  }
  dumps_.erase(found);
}

// A request without an answer: what the switch did is unknown, so the session ends and the next one reconciles.
void Session::Impl::tick_requests() {
  const auto late = [this](base::SteadyTime progress) { return now_ - progress >= options_.request_timeout; };
  const bool transaction_late = !transactions_.empty() && transactions_.front().phase != Phase::kWriting &&
                                late(transactions_.front().last_progress);
  const bool dump_late = std::ranges::any_of(dumps_, [&](const auto& item) { return late(item.second.last_progress); });
  if (transaction_late || dump_late) close(make_error(ErrorCode::kTimeout, "the switch did not answer a request"));
}

void Session::Impl::abandon_requests(const base::Error& reason) {
  for (RunningTransaction& running : transactions_) {
    // A bundle that was not committed ends with the connection.
    const bool untouched =
        running.phase == Phase::kWaiting || (running.bundled && running.phase != Phase::kAwaitCommit);
    running.result.error = reason;
    running.result.applied_nothing = untouched;
    events.emplace_back(TransactionDone{running.request, std::move(running.result)});
  }
  transactions_.clear();
  while (!dumps_.empty()) fail_dump(dumps_.begin()->first, reason);
}

}  // namespace superspan::openflow
