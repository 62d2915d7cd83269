// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/run.h"

#include <fmt/format.h>

#include <array>

#include "offline/capture_reader.h"

namespace superspan::offline::policytest {
namespace {

using base::Result;
using base::Status;

using Verdicts = std::array<Verdict, kEngineKinds.size()>;  // of each engine, the reference first

class Runner {
 public:
  Runner(const PolicyTest& test, std::string name, const OpenCapture& open)
      : test_(test), name_(std::move(name)), open_(open) {}

  Status prepare() {
    std::vector<std::string> expressions;
    expressions.reserve(test_.policies.size());
    for (const Policy& policy : test_.policies) expressions.push_back(policy.expression);
    for (const EngineKind kind : kEngineKinds) {
      auto engine = make_engine(kind, expressions, test_.names);
      if (!engine) {
        base::Error error = engine.error();
        error.message = fmt::format("engine {}: {}", to_string(kind), error.message);
        error.place = name_;
        error.mark.reset();
        return std::unexpected(error);
      }
      engines_.push_back(std::move(*engine));
    }
    return {};
  }

  Result<Outcome> check(const Check& check) {
    Outcome outcome{.line = check.line,
                    .statement = check.statement,
                    .expected = {},
                    .got = {},
                    .differences = {},
                    .differences_count = 0};
    const auto* packet = std::get_if<PacketCheck>(&check.what);
    const Status status = packet != nullptr ? packet_check(check, *packet, outcome)
                                            : capture_check(check, std::get<CaptureCheck>(check.what), outcome);
    if (!status) return std::unexpected(status.error());
    return outcome;
  }

 private:
  Result<Verdicts> judge(const Frame& frame) {
    Verdicts verdicts;
    for (std::size_t index = 0; index < engines_.size(); ++index) {
      const auto verdict = engines_[index]->judge(frame);
      if (!verdict) return std::unexpected(verdict.error());
      verdicts[index] = *verdict;
    }
    return verdicts;
  }

  // "web: reference and bpf keep it, switch does not"
  void compare(const Verdicts& verdicts, const std::string& packet, Outcome& outcome) const {
    for (std::size_t index = 0; index < test_.policies.size(); ++index) {
      if (verdicts.front().undefined.test(index)) continue;
      std::array<std::string, 2> who;  // does not keep it, keeps it
      for (std::size_t engine = 0; engine < verdicts.size(); ++engine) {
        std::string& names = who[verdicts[engine].wanted.test(index) ? 1 : 0];
        names += (names.empty() ? "" : " and ") + std::string(to_string(kEngineKinds[engine]));
      }
      if (who[0].empty() || who[1].empty()) continue;
      ++outcome.differences_count;
      if (outcome.differences.size() == kDifferencesShown) continue;
      const auto several = [](const std::string& names) { return names.contains(' '); };
      outcome.differences.push_back(fmt::format("{}{}: {} {} it, {} {} not", packet, test_.policies[index].name, who[1],
                                                several(who[1]) ? "keep" : "keeps", who[0],
                                                several(who[0]) ? "do" : "does"));
    }
  }

  std::string names(const Wanted& wanted) const {
    std::string text;
    for (std::size_t index = 0; index < test_.policies.size(); ++index) {
      if (wanted.test(index)) text += (text.empty() ? "" : " ") + test_.policies[index].name;
    }
    return text.empty() ? "none" : text;
  }

  Status packet_check(const Check& check, const PacketCheck& packet, Outcome& outcome) {
    const auto verdicts = judge({.bytes = packet.frame.bytes, .original_length = packet.frame.original_length});
    if (!verdicts) return std::unexpected(verdicts.error());
    outcome.expected = names(packet.expected & check.relevant);
    outcome.got = names(verdicts->front().wanted & check.relevant);
    compare(*verdicts, "", outcome);
    return {};
  }

  Status capture_check(const Check& check, const CaptureCheck& capture, Outcome& outcome) {
    auto source = open_(capture.path);
    if (!source) return std::unexpected(at_line(source.error(), check));
    auto reader = CaptureReader::open(**source, capture.path);
    if (!reader) return std::unexpected(at_line(reader.error(), check));
    std::vector<std::uint64_t> kept(test_.policies.size(), 0);
    CaptureFrame frame;
    while (true) {
      const auto more = reader->next(frame);
      if (!more) return std::unexpected(at_line(more.error(), check));
      if (!*more) break;
      const auto verdicts = judge({.bytes = frame.bytes, .original_length = frame.original_length});
      if (!verdicts) return std::unexpected(verdicts.error());
      for (std::size_t index = 0; index < kept.size(); ++index)
        kept[index] += verdicts->front().wanted.test(index) ? 1 : 0;
      compare(*verdicts, fmt::format("packet {}: ", reader->packets()), outcome);
    }
    tell_counts(check, capture, kept, reader->packets(), outcome);
    return {};
  }

  void tell_counts(const Check& check, const CaptureCheck& capture, const std::vector<std::uint64_t>& kept,
                   std::uint64_t total, Outcome& outcome) const {
    const auto add = [](std::string& text, const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    for (std::size_t index = 0; index < kept.size(); ++index) {
      const CaptureCheck::Count& wanted = capture.counts[index];
      const std::uint64_t expected = wanted.all ? total : wanted.kept;
      if (!check.relevant.test(index) || (expected == 0 && kept[index] == 0 && !wanted.total)) continue;
      const std::string& name = test_.policies[index].name;
      const std::string of = wanted.total ? fmt::format(" of {}", total) : "";
      add(outcome.expected,
          fmt::format("{} {}{}", name, expected, wanted.total ? fmt::format(" of {}", *wanted.total) : ""));
      add(outcome.got, fmt::format("{} {}{}", name, kept[index], of));
    }
    if (outcome.expected.empty()) outcome.expected = outcome.got = "none";
  }

  base::Error at_line(base::Error error, const Check& check) const {
    error.message = (error.place.empty() ? "" : error.place + ": ") + error.message;
    error.place = fmt::format("{}:{}", name_, check.line);
    return error;
  }

  const PolicyTest& test_;
  std::string name_;
  const OpenCapture& open_;
  std::vector<std::unique_ptr<Engine>> engines_;
};

}  // namespace

Result<std::vector<Outcome>> run(const PolicyTest& test, const std::string& name, const OpenCapture& open) {
  Runner runner(test, name, open);
  if (auto status = runner.prepare(); !status) return std::unexpected(status.error());
  std::vector<Outcome> outcomes;
  for (const Check& check : test.checks) {
    auto outcome = runner.check(check);
    if (!outcome) return std::unexpected(outcome.error());
    outcomes.push_back(std::move(*outcome));
  }
  return outcomes;
}

}  // namespace superspan::offline::policytest
