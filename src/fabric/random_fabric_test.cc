// SPDX-License-Identifier: Apache-2.0
// Random fabrics, policies and packets: what the simulator delivers is what the reference evaluator wants.
#include <gtest/gtest.h>

#include "fabric/planner.h"
#include "fabric/testing/random.h"
#include "net/nsh.h"
#include "policy/evaluate.h"

namespace superspan::fabric::support {
namespace {

constexpr std::uint64_t kCases = 120'000;  // policy x packet
constexpr unsigned kFabrics = 100;

struct TestPolicy {
  Policy policy;
  PlacedPolicy placed;
  policy::Evaluator wanted;
  std::optional<policy::Evaluator> residual;
};

std::vector<std::string> some_of(Random& random, const std::vector<std::string>& names, std::size_t at_least) {
  std::vector<std::string> chosen = names;
  std::ranges::shuffle(chosen, random);
  chosen.resize(at_least + pick(random, names.size() + 1 - at_least));
  return chosen;
}

// The first rule that matches decides.
bool rules_accept(const policy::CompiledPolicy& compiled, const net::FlowKey& key) {
  const auto rule =
      std::ranges::find_if(compiled.rules, [&key](const auto& one) { return net::matches(one.match, key); });
  return rule != compiled.rules.end() && rule->accept;
}

class RandomFabric : public ::testing::Test {
 protected:
  Random random_{seed()};
  std::uint64_t cases_ = 0;
  std::uint64_t deliveries_ = 0;

  std::optional<TestPolicy> random_policy(const Topology& topology, std::uint32_t number) {
    const std::string expression = random_expression(random_);
    auto compiled = policy::compile(expression, compile_options(topology));
    auto wanted = policy::Evaluator::create(expression);
    if (!compiled || !wanted) return std::nullopt;  // libpcap refuses some mixtures
    std::optional<policy::Evaluator> residual;
    if (compiled->residual) residual = *policy::Evaluator::create(compiled->residual->expression);
    std::vector<std::string> taps;
    std::vector<std::string> ends;
    for (const Tap& tap : topology.taps()) taps.push_back(tap.name);
    for (const Tool& tool : topology.tools()) ends.push_back(tool.name);
    for (const Node& node : topology.nodes()) ends.push_back(node.name);
    const bool any_tap = pick(random_, 2) == 0;
    const auto shared = std::make_shared<policy::CompiledPolicy>(std::move(*compiled));
    Policy made = wanted_policy(number, shared, any_tap ? std::vector<std::string>{} : some_of(random_, taps, 1),
                                some_of(random_, ends, topology.nodes().empty() ? 1 : 0));
    auto placed = place(topology, std::make_shared<Policy>(made));
    EXPECT_TRUE(placed);
    return TestPolicy{std::move(made), std::move(*placed), std::move(*wanted), std::move(residual)};
  }

  static bool goes_to(const TestPolicy& policy, Destination end) {
    return std::ranges::binary_search(policy.placed.destinations, end);
  }

  void check_tool(const std::vector<TestPolicy>& policies, const std::vector<bool>& accepted, std::size_t tool,
                  const SimulationResult& result, const base::Bytes& frame) {
    const Destination end{Destination::Kind::kTool, tool};
    bool wanted = false;
    for (std::size_t index = 0; index < policies.size(); ++index) {
      wanted = wanted || (accepted[index] && goes_to(policies[index], end));
    }
    std::vector<const Delivery*> got;
    for (const Delivery& delivery : result.deliveries) {
      if (delivery.to == end) got.push_back(&delivery);
    }
    ASSERT_EQ(got.size(), wanted ? 1U : 0U) << "tool " << tool << " " << hex(frame);
    if (wanted) {
      ASSERT_EQ(got[0]->frame, frame);
    }
    deliveries_ += got.size();
  }

  void check_node(const Topology& topology, const std::vector<TestPolicy>& policies, std::size_t tap, std::size_t node,
                  const SimulationResult& result, const base::Bytes& frame) {
    const Destination end{Destination::Kind::kNode, node};
    std::vector<unsigned> copies(policies.size(), 0);
    for (const Delivery& delivery : result.deliveries) {
      if (delivery.to != end) continue;
      const auto parsed = net::parse_fabric_frame(delivery.frame);
      ASSERT_TRUE(parsed);
      ASSERT_TRUE(std::ranges::equal(parsed->original, frame));
      ASSERT_EQ(parsed->header.tap, topology.taps()[tap].id);
      ASSERT_EQ(parsed->header.epoch, 7U);
      ASSERT_NE(parsed->header.policies, 0U);
      for (std::size_t index = 0; index < policies.size(); ++index) {
        const Slot slot = policies[index].policy.slot;
        if (service_path(slot.name_space) != parsed->header.service_path) continue;
        if ((parsed->header.policies >> slot.bit & 1) == 0) continue;
        if (!policies[index].residual || policies[index].residual->matches(frame)) ++copies[index];
      }
      ++deliveries_;
    }
    for (std::size_t index = 0; index < policies.size(); ++index) {
      if (!goes_to(policies[index], end)) continue;
      const bool tapped = std::ranges::binary_search(policies[index].placed.taps, tap);
      const bool wanted = tapped && policies[index].wanted.matches(frame);
      ASSERT_EQ(copies[index], wanted ? 1U : 0U)
          << "node " << node << " " << policies[index].policy.compiled->expression << " " << hex(frame);
    }
  }

  void check_packet(const Topology& topology, Simulator& simulator, const std::vector<TestPolicy>& policies) {
    const std::size_t tap = pick(random_, topology.taps().size());
    const base::Bytes frame = random_frame(random_);
    const net::FlowKey key = net::extract(frame);
    std::vector<bool> accepted;
    for (const TestPolicy& policy : policies) {
      const bool accepts = rules_accept(*policy.policy.compiled, key);
      const bool wants = policy.wanted.matches(frame);
      const bool careful = topology.encapsulation() == Encapsulation::kNsh;  // keep_malformed
      if (careful) {
        ASSERT_TRUE(accepts || !wants) << policy.policy.compiled->expression << " " << hex(frame);
        ASSERT_TRUE(!accepts || wants || policy.residual) << policy.policy.compiled->expression << " " << hex(frame);
      }
      const Profile profile = topology.switches()[topology.taps()[tap].where.at].profile;
      const bool carried = profile != Profile::kOpenflow10 || key[Field::kVlanTci] == 0;
      accepted.push_back(accepts && carried && std::ranges::binary_search(policy.placed.taps, tap));
    }
    const SimulationResult result = simulator.inject(topology.taps()[tap].where, frame);
    ASSERT_EQ(result.faults, std::vector<std::string>{});
    ASSERT_EQ(result.tap_leaks, 0U);
    for (std::size_t tool = 0; tool < topology.tools().size(); ++tool) {
      ASSERT_NO_FATAL_FAILURE(check_tool(policies, accepted, tool, result, frame));
    }
    for (std::size_t node = 0; node < topology.nodes().size(); ++node) {
      ASSERT_NO_FATAL_FAILURE(check_node(topology, policies, tap, node, result, frame));
    }
    cases_ += policies.size();
  }

  // One fabric with its policies, and some packets. False if the random policies do not fit into such switches.
  bool round(const std::string& yaml, std::size_t policy_count, unsigned packets) {
    SCOPED_TRACE(yaml);
    const Topology topology = make_fabric(yaml);
    std::vector<TestPolicy> policies;
    std::vector<Policy> values;
    Planner planner(topology);
    for (unsigned tries = 0; policies.size() < policy_count && tries < 50 * policy_count; ++tries) {
      auto made = random_policy(topology, static_cast<std::uint32_t>(policies.size() + 1));
      if (!made || !planner.place({made->policy})) continue;
      values.push_back(made->policy);
      policies.push_back(std::move(*made));
    }
    const auto placed = planner.place(values);
    EXPECT_TRUE(placed) << base::render(placed.error());
    const auto wanted = planner.make(placed->policies, placed->policies, 7);
    if (!wanted) return false;
    Simulator simulator(topology);
    for (SwitchIndex at = 0; at < topology.switches().size(); ++at) {
      simulator.install(at, planner.flows(*wanted, at).flows());
    }
    for (unsigned packet = 0; packet < packets && !HasFatalFailure(); ++packet) {
      check_packet(topology, simulator, policies);
    }
    return true;
  }
};

TEST_F(RandomFabric, WithNshDeliversWhatTheEvaluatorWants) {
  for (unsigned fabrics = 0; (cases_ < kCases || fabrics < kFabrics) && !HasFatalFailure(); ++fabrics) {
    constexpr std::size_t kSizes[] = {1, 3, 10, 30, 66, 130};
    ASSERT_TRUE(round(random_fabric(random_), kSizes[pick(random_, std::size(kSizes))], 60));
  }
  std::printf("%llu cases, %llu deliveries\n", static_cast<unsigned long long>(cases_),
              static_cast<unsigned long long>(deliveries_));
}

TEST_F(RandomFabric, WithVlanTagsDeliversWhatTheRulesAccept) {
  unsigned fitted = 0;
  for (unsigned fabrics = 0; fabrics < kFabrics && !HasFatalFailure(); ++fabrics) {
    const std::vector<const char*> profiles = pick(random_, 2) == 0
                                                  ? std::vector<const char*>{"openflow13"}
                                                  : std::vector<const char*>{"openflow13", "openflow10", "ovs"};
    constexpr std::size_t kSizes[] = {1, 3, 6, 10};
    fitted += round(random_fabric(random_, "vlan", profiles), kSizes[pick(random_, std::size(kSizes))], 60) ? 1 : 0;
  }
  std::printf("%u of %u fabrics could hold their policies; %llu cases, %llu deliveries\n", fitted, kFabrics,
              static_cast<unsigned long long>(cases_), static_cast<unsigned long long>(deliveries_));
  EXPECT_GT(fitted, kFabrics / 2);
}

}  // namespace
}  // namespace superspan::fabric::support
