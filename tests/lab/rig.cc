// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/rig.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "http/problem.h"
#include "lab/file.h"
#include "lab/journal.h"
#include "lab/traffic.h"

namespace superspan::lab_test {
namespace {

using base::ErrorCode;
using base::Status;
namespace json = boost::json;

constexpr std::chrono::milliseconds kSettle{500};  // for copies on their way
constexpr int kWrittenTries = 20;                  // of kSettle
constexpr int kListenTries = 500;                  // of 20 ms

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

json::array array_of(const std::vector<std::string>& words) {
  json::array out;
  for (const std::string& word : words) out.emplace_back(word);
  return out;
}

base::Result<lab::JournaledProcess> find_process(const std::filesystem::path& run_dir, const std::string& name) {
  const auto content = lab::read_journal(run_dir);
  if (!content) return std::unexpected(content.error());
  const auto processes = content->current_processes();
  const auto found = std::ranges::find(processes, name, &lab::JournaledProcess::name);
  if (found == processes.end()) return base::fail(ErrorCode::kNotFound, fmt::format("no process '{}'", name));
  return *found;
}

}  // namespace

Rig::Rig(lab::Topology topology, http::Client client) : topology_(std::move(topology)), client_(std::move(client)) {}

base::Result<std::unique_ptr<Rig>> Rig::start(const std::string& topology_name, bool traffic) {
  auto topology = lab::load_topology(topology_name);
  if (!topology) return std::unexpected(topology.error());
  lab::UpOptions options;
  options.topology = topology_name;
  options.start_traffic = traffic;
  // What an earlier run may have left.
  if (auto removed = lab::down(options.run_dir, {}); !removed) return std::unexpected(removed.error());
  const auto built = lab::up(options, [](std::string_view line) { fmt::print("  {}\n", line); });
  if (!built) return std::unexpected(built.error());
  const auto report = lab::status(options.run_dir);
  const auto endpoint = http::parse_endpoint(report->endpoint);
  const auto token = lab::read_file(report->token_file);
  if (!endpoint || !token) return base::fail(ErrorCode::kInternal, "the lab names no endpoint or token");
  http::ClientOptions client_options;
  client_options.token = lab::trimmed(*token);
  return std::unique_ptr<Rig>(new Rig(std::move(*topology), http::Client(*endpoint, client_options)));
}

Rig::~Rig() {
  if (const Status done = lab::down(run_dir(), {}); !done) fmt::print(stderr, "{}\n", base::render(done.error()));
}

base::Result<json::object> Rig::call(http::Method method, const std::string& target, const std::string& body) {
  const auto response = http::checked(client_.request(method, target, body));
  if (!response) return std::unexpected(response.error());
  if (response->body.empty()) return json::object();
  boost::system::error_code error;
  json::value value = json::parse(response->body, error);
  if (error || !value.is_object())
    return base::fail(ErrorCode::kInternal, fmt::format("{} answered no object: {}", target, response->body));
  return value.get_object();
}

Status Rig::apply(const PolicyCase& policy) {
  const json::object body = {{"expression", policy.expression},
                             {"taps", array_of(policy.taps)},
                             {"tools", array_of(policy.tools)},
                             {"record", policy.record},
                             {"reason", "end-to-end test"}};
  const auto answer = call(http::Method::kPut, "/v1/policies/" + policy.name, json::serialize(body));
  if (!answer) return std::unexpected(answer.error());
  if (answer->at("state").as_string() == "active") return {};
  return base::fail(ErrorCode::kTimeout,
                    fmt::format("policy '{}' is not active: {}", policy.name, json::serialize(*answer)));
}

Status Rig::remove(const std::string& policy) {
  const auto answer = call(http::Method::kDelete, "/v1/policies/" + policy);
  return answer ? Status() : std::unexpected(answer.error());
}

base::Result<Rig::Witness> Rig::open_witness(const std::string& network_namespace, const std::string& device,
                                             const std::string& direction) {
  const auto folder = run_dir() / "witness";
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const auto file = folder / fmt::format("{}-{}-{}.pcap", network_namespace, device, direction);
  auto journal = lab::Journal::open(run_dir());
  if (!journal) return std::unexpected(journal.error());
  const auto process = journal->start({fmt::format("tcpdump {} {} {}", network_namespace, device, direction),
                                       network_namespace,
                                       {"tcpdump", "-Z", "root", "-U", "--immediate-mode", "-B", "16384", "--nano",
                                        "-Q", direction, "-ni", device, "-w", file.string()},
                                       {},
                                       file.string() + ".log"});
  if (!process) return std::unexpected(process.error());
  return Witness{*process, file};
}

Status Rig::wait_until_listening() const {
  for (const auto* witnesses : {&into_taps_, &out_of_taps_, &tools_}) {
    for (const auto& [name, witness] : *witnesses) {
      const std::string log = witness.file.string() + ".log";
      int attempt = 0;
      while (lab::read_file(log).value_or("").find("listening on") == std::string::npos) {
        if (++attempt == kListenTries)
          return base::fail(ErrorCode::kTimeout, "tcpdump does not listen: " + lab::last_lines(log, 3));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
  }
  return {};
}

Status Rig::open_witnesses() {
  const auto open = [&](std::map<std::string, Witness>& witnesses, const std::string& name, const std::string& space,
                        const char* direction) -> Status {
    auto witness = open_witness(space, name, direction);
    if (!witness) return std::unexpected(witness.error());
    witnesses[name] = std::move(*witness);
    return {};
  };
  for (const lab::FabricPort& tap : topology_.taps) {
    if (auto done = open(into_taps_, tap.name, "ss-" + tap.switch_name, "in"); !done) return done;
    if (auto done = open(out_of_taps_, tap.name, "ss-" + tap.switch_name, "out"); !done) return done;
  }
  for (const lab::FabricPort& tool : topology_.tools) {
    if (auto done = open(tools_, tool.name, std::string(lab::kToolsNamespace), "in"); !done) return done;
  }
  return wait_until_listening();
}

void Rig::begin_window() {
  window_.from_ns = now_ns();
}

void Rig::close_witnesses() {
  window_.until_ns = now_ns();
  if (const auto traffic = find_process(run_dir(), "traffic"))
    lab::end_processes({traffic->id}, std::chrono::seconds(5));
  wait_until_written();
  // The taps last: what a tool got until its end was offered before the end of the taps.
  for (const auto* witnesses : {&tools_, &into_taps_, &out_of_taps_}) {
    std::vector<lab::ProcessId> processes;
    for (const auto& [name, witness] : *witnesses) processes.push_back(witness.process);
    lab::end_processes(processes, std::chrono::seconds(5));
  }
}

// A tcpdump that is ended forgets what it has not read yet, so on a busy machine it gets time to read.
void Rig::wait_until_written() const {
  const auto written = [&] {
    std::uintmax_t bytes = 0;
    std::error_code ignored;
    for (const auto* witnesses : {&tools_, &into_taps_, &out_of_taps_}) {
      for (const auto& [name, witness] : *witnesses) bytes += std::filesystem::file_size(witness.file, ignored);
    }
    return bytes;
  };
  std::uintmax_t before = written();
  for (int attempt = 0; attempt < kWrittenTries; ++attempt) {
    std::this_thread::sleep_for(kSettle);
    const std::uintmax_t now = written();
    if (now == before) return;
    before = now;
  }
}

base::Result<witness::Verdict> Rig::judge_files(const PolicyCase& policy, std::vector<std::string> delivered) const {
  witness::Task task;
  for (const auto& [name, witness] : into_taps_) {
    if (policy.taps.empty() || std::ranges::find(policy.taps, name) != policy.taps.end())
      task.offered.push_back(witness.file);
  }
  task.delivered = std::move(delivered);
  task.expression = policy.expression;
  task.window = window_;
  return witness::judge(task);
}

base::Result<witness::Verdict> Rig::judge_tool(const PolicyCase& policy) const {
  return judge_files(policy, {tools_.at(policy.tools.at(0)).file});
}

std::vector<std::string> Rig::leaking_taps() const {
  std::vector<std::string> out;
  for (const auto& [name, witness] : out_of_taps_) {
    const auto verdict = witness::judge({{}, {witness.file}, "", {}});
    if (!verdict || verdict->delivered != 0) out.push_back(name);
  }
  return out;
}

Status Rig::kill(const std::string& name) {
  const auto process = find_process(run_dir(), name);
  if (!process) return std::unexpected(process.error());
  if (!lab::is_running(process->id)) return base::fail(ErrorCode::kNotFound, fmt::format("'{}' is not running", name));
  const lab::File handle = lab::open_process(process->id.pid);
  lab::signal_process(handle.get(), SIGKILL);
  return lab::wait_readable(handle.get(), std::chrono::seconds(5))
             ? Status()
             : base::fail(ErrorCode::kTimeout, name + " does not die");
}

Status Rig::restart(const std::string& name) {
  return lab::restart(run_dir(), name, {});
}

std::vector<std::string> Rig::recordings(const std::string& node) const {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run_dir() / "records" / node, ignored)) {
    if (entry.is_regular_file() && entry.path().extension() == ".pcapng") out.push_back(entry.path());
  }
  return out;
}

Status send_everything(std::uint32_t first, unsigned rounds) {
  struct Place {
    const char* space;
    const char* device;
  };
  for (const Place& place :
       {Place{"ss-host1", "eth0"}, {"ss-host8", "eth0"}, {"ss-spine1", "leaf1"}, {"ss-spine2", "leaf4"}}) {
    const auto sent = lab::send_sample_frames(place.space, place.device, first, rounds, std::chrono::microseconds(300));
    if (!sent) return std::unexpected(sent.error());
    first += rounds;
  }
  return {};
}

void expect_clean(const PolicyCase& policy, const base::Result<witness::Verdict>& verdict, std::uint64_t at_least) {
  ASSERT_TRUE(verdict) << policy.name << ": " << base::render(verdict.error());
  fmt::print("  {}\n", witness::table_row(policy.name, "end", *verdict));
  EXPECT_GE(verdict->offered, at_least) << policy.name;
  EXPECT_TRUE(verdict->clean()) << policy.name << " (" << policy.expression << ")";
  for (const std::string& example : verdict->examples) fmt::print("    {}\n", example);
}

}  // namespace superspan::lab_test
