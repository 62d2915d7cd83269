// SPDX-License-Identifier: Apache-2.0
#include "offline/switch_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fabric/planner.h"
#include "net/nsh.h"

namespace superspan::offline {
namespace {

constexpr const char* kFabric = R"(
name: offline
switches: [{name: switch1, datapath: "0000000000000001"}]
taps: [{name: tap1, switch: switch1, port: 1}]
tools: [{name: tool1, switch: switch1, port: 2}]
nodes: [{name: node1, switch: switch1, port: 3}]
)";
constexpr std::uint32_t kEpoch = 1;

fabric::Policy policy_of(std::size_t index, policy::CompiledPolicy compiled) {
  fabric::Policy made;
  made.number = static_cast<std::uint32_t>(index + 1);
  made.name = fmt::format("p{}", made.number);
  made.slot = {.name_space = static_cast<std::uint8_t>(index / net::kPolicyBits),
               .bit = static_cast<std::uint8_t>(index % net::kPolicyBits)};
  made.from_epoch = kEpoch;
  made.compiled = std::make_shared<const policy::CompiledPolicy>(std::move(compiled));
  made.tools = {"tool1", "node1"};
  return made;
}

std::unexpected<base::Error> defect(const std::string& what) {
  return base::fail(base::ErrorCode::kInternal, "the simulated fabric fails: " + what,
                    "this is a bug; please report it with the expression and the packet", "switch");
}

}  // namespace

base::Result<std::unique_ptr<Engine>> SwitchEngine::create(std::span<const std::string> expressions,
                                                           const std::shared_ptr<const policy::Names>& names) {
  auto topology = fabric::Topology::parse(kFabric, "offline");
  if (!topology) return std::unexpected(topology.error());
  std::unique_ptr<SwitchEngine> engine(new SwitchEngine(std::move(*topology)));
  if (auto status = engine->install(expressions, names); !status) return std::unexpected(status.error());
  return engine;
}

base::Status SwitchEngine::install(std::span<const std::string> expressions,
                                   const std::shared_ptr<const policy::Names>& names) {
  policy::CompileOptions options = fabric::compile_options(topology_);
  options.names = names;
  std::vector<fabric::Policy> policies;
  for (std::size_t index = 0; index < expressions.size(); ++index) {
    auto compiled = policy::compile(expressions[index], options);
    if (!compiled) return std::unexpected(compiled.error());
    Subject subject;
    if (compiled->residual) {
      auto residual = BpfProgram::from_residual(*compiled->residual);
      if (!residual) return std::unexpected(residual.error());
      subject.residual = std::move(*residual);
    }
    policies.push_back(policy_of(index, std::move(*compiled)));
    subject.slot = policies.back().slot;
    subjects_.push_back(std::move(subject));
  }
  fabric::Planner planner(topology_);
  const auto placed = planner.place(policies);
  if (!placed) return std::unexpected(placed.error());
  const auto wanted = planner.make(placed->policies, placed->policies, kEpoch);
  if (!wanted) return std::unexpected(wanted.error());
  simulator_.install(0, planner.flows(*wanted, 0).flows());
  return {};
}

base::Result<Verdict> SwitchEngine::judge(const Frame& frame) {
  const fabric::SimulationResult result = simulator_.inject(topology_.taps().front().where, frame.bytes);
  if (!result.faults.empty()) return defect(result.faults.front());
  if (result.tap_leaks != 0) return defect("a frame left the tap");
  std::map<std::uint32_t, std::uint64_t> bits;  // of each service path
  std::size_t plain = 0;
  for (const fabric::Delivery& delivery : result.deliveries) {
    if (delivery.to.kind == fabric::Destination::Kind::kTool) {
      ++plain;
      if (!std::ranges::equal(delivery.frame, frame.bytes)) return defect("the tool got another frame");
      continue;
    }
    const auto copy = net::parse_fabric_frame(delivery.frame);
    if (!copy || copy->header.policies == 0) return defect("the node got a frame without policy");
    if (!std::ranges::equal(copy->original, frame.bytes)) return defect("the node got another frame");
    if (!bits.emplace(copy->header.service_path, copy->header.policies).second) return defect("a copy came twice");
  }
  if (plain != (bits.empty() ? 0 : 1)) return defect(fmt::format("the tool got {} copies", plain));
  Verdict verdict;
  for (std::size_t index = 0; index < subjects_.size(); ++index) {
    const Subject& subject = subjects_[index];
    const auto found = bits.find(fabric::service_path(subject.slot.name_space));
    if (found == bits.end() || (found->second >> subject.slot.bit & 1) == 0) continue;
    if (!subject.residual || subject.residual->matches(frame)) verdict.wanted.set(index);
  }
  return verdict;
}

}  // namespace superspan::offline
