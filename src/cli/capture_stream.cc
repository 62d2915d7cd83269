// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_run.h"

#include <fmt/format.h>

#include <thread>

#include "cli/controller_watch.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "http/problem.h"

namespace superspan::cli {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// A node closes a removed policy's stream after 200 ms; much later than that it is not going to.
constexpr seconds kDrain{5};
// The controller ends a policy when its time is over; this long after, the command does it itself.
constexpr seconds kOverdue{5};
// Until a node has heard of a new policy and answers.
constexpr seconds kPatience{10};
constexpr seconds kAnswerWithin{5};
constexpr std::chrono::milliseconds kPause{200};
constexpr seconds kLook{1};

// One stream while it runs; called back by http::Client for each chunk and each tick.
class Follower {
 public:
  Follower(CaptureRun& run, PacketSink& sink)
      : run_(run),
        sink_(sink),
        progress_(run.terminal, run.terminal.err_is_tty && !sink.draws()),
        watch_(run.controller) {}

  // False: stop reading.
  bool on_chunk(base::BytesView chunk) {
    if (!chunk.empty() && !pass_on(chunk)) return false;
    if (sink_.reader_gone() || InterruptScope::count() > 1) return left_ = true, false;
    const auto now = steady_clock::now();
    if (!run_.in_force && !stopping_ && now >= look_at_) {
      look_at_ = now + kLook;
      run_.look();
      if (run_.refused) return left_ = true, false;
    }
    const bool stop = InterruptScope::count() > 0 || now > run_.start + run_.request.duration + kOverdue;
    if (stop && !stopping_) {
      stopping_ = true;
      drained_by_ = now + kDrain;
      // Then nobody ends the stream either; whoever follows up on this run tries once more and reports.
      if (!run_.remove_policy()) return left_ = true, false;
    }
    if (const auto answers = watch_.news()) {
      progress_.clear();
      run_.terminal.err << run_.tell(*answers) << std::flush;
    }
    progress_.draw(meter_.totals());
    if (!stopping_ || now < drained_by_) return true;
    return left_ = true, false;
  }

  base::Status result(const base::Result<http::Response>& response) {
    progress_.clear();
    if (!status_) return status_;
    if (left_) return {};
    if (!response && response.error().code == base::ErrorCode::kUnavailable && meter_started_) return broken_off();
    if (!response) return std::unexpected(response.error());
    return {};
  }

  [[nodiscard]] CaptureTotals totals() const { return meter_.totals(); }

 private:
  bool pass_on(base::BytesView chunk) {
    meter_started_ = true;
    const auto blocks = meter_.feed(chunk);
    if (!blocks) return failed(blocks.error());
    if (blocks->empty()) return true;
    const auto written = sink_.write(*blocks);
    if (!written) return failed(written.error());
    left_ = left_ || !*written;
    return *written;
  }

  bool failed(const base::Error& error) {
    status_ = std::unexpected(error);
    return false;
  }

  base::Status broken_off() {
    return base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format("the stream from the node broke off after {} packets", meter_.totals().packets),
        fmt::format("what came before is whole, in {}; `superspan nodes` shows whether the node is back", sink_.name()),
        run_.request.name);
  }

  CaptureRun& run_;
  PacketSink& sink_;
  ProgressLine progress_;
  ControllerWatch watch_;
  PcapngMeter meter_;
  base::Status status_;
  steady_clock::time_point drained_by_;
  steady_clock::time_point look_at_;
  bool meter_started_ = false;
  bool stopping_ = false;  // the policy is removed, the rest is awaited
  bool left_ = false;      // reading ended because nobody wants more
};

struct Ticket {
  http::Endpoint endpoint;
  std::string path;
  std::string token;
};

base::Result<Ticket> stream_ticket(const CaptureRun& run) {
  const auto answer = run.controller.get(policy_target(run.request.name, "/stream"));
  if (!answer) return std::unexpected(answer.error());
  auto endpoint = http::parse_endpoint(text_member(*answer, "endpoint"));
  if (!endpoint) return std::unexpected(endpoint.error());
  return Ticket{*endpoint, text_member(*answer, "path"), text_member(*answer, "token")};
}

// kNotFound if the node does not know of the policy.
base::Status try_stream(CaptureRun& run, PacketSink& sink, CaptureTotals& totals) {
  const auto ticket = stream_ticket(run);
  if (!ticket && ticket.error().code == base::ErrorCode::kNotFound) return {};  // told when the policy is removed
  if (!ticket) return std::unexpected(ticket.error());
  // The ticket is for a name; this is the capture's own policy only if that still has it.
  const auto policy = run.controller.get(policy_target(run.request.name));
  if (policy ? !run.is_own(*policy) : policy.error().code == base::ErrorCode::kNotFound) return {};
  http::Client node(ticket->endpoint, {.token = ticket->token,
                                       .ca_file = run.controller.ca_file(),
                                       .timeout_ms = std::chrono::milliseconds(kAnswerWithin).count()});
  Follower follower(run, sink);
  const auto response =
      http::checked(node.stream(ticket->path, [&](base::BytesView chunk) { return follower.on_chunk(chunk); }));
  totals = follower.totals();
  return follower.result(response);
}

}  // namespace

base::Status follow_stream(CaptureRun& run, PacketSink& sink, CaptureTotals& totals) {
  const auto patience_ends = steady_clock::now() + kPatience;
  while (true) {
    auto status = try_stream(run, sink, totals);
    const bool unknown = !status && status.error().code == base::ErrorCode::kNotFound;
    const bool may_come = !run.in_force && !run.refused && InterruptScope::count() == 0;
    if (!unknown || !may_come || steady_clock::now() > patience_ends) return status;
    std::this_thread::sleep_for(kPause);
    run.look();
  }
}

}  // namespace superspan::cli
