// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/vlan.h"

namespace superspan::fabric {
namespace {

using base::ErrorCode;
using net::Field;
using net::FieldTest;

constexpr net::U128 kTagPresent = 0x1000;

bool is_prefix(const FieldTest& test) {
  const net::U128 holes = net::full_mask(test.field) & ~test.mask;
  return (holes & (holes + 1)) == 0;
}

// Standard matches: OpenFlow 1.0.0 section 5.2.3, OpenFlow 1.3.5 section 7.2.3.7 (which fields, which may be masked).
bool matchable(Profile profile, const FieldTest& test) {
  const bool exact = test.mask == net::full_mask(test.field);
  const bool old = profile == Profile::kOpenflow10;
  switch (test.field) {
    case Field::kEthDestination:
    case Field::kEthSource:
      return exact || !old;
    case Field::kEthType:
    case Field::kIpProto:
    case Field::kIpDscp:
    case Field::kL4Source:
    case Field::kL4Destination:
      return exact;
    case Field::kIpEcn:
      return exact && !old;
    case Field::kVlanTci: {
      const bool absent = (test.mask & kTagPresent) != 0 && test.value == 0;
      const bool id = (test.mask & ~net::U128{0xe000}) == 0x1fff && (test.value & kTagPresent) != 0;
      const bool any = test.mask == kTagPresent && test.value == kTagPresent;
      return absent || id || (any && !old);
    }
    case Field::kIpv4Source:
    case Field::kIpv4Destination:
    case Field::kArpSource:
    case Field::kArpTarget:
      return !old || is_prefix(test);
    case Field::kIpv6Source:
    case Field::kIpv6Destination:
      return !old;
    default:
      return false;
  }
}

// A later fragment has no ports, so a port that is not 0 says all that "not a later fragment" says.
bool implied(const FieldTest& test, const net::Cube& cube) {
  if (test.field != Field::kIpFragment || test.value != 0 || test.mask != 2) return false;
  return std::ranges::any_of(cube, [](const FieldTest& other) {
    const bool port = other.field == Field::kL4Source || other.field == Field::kL4Destination;
    return port && other.value != 0;
  });
}

// OpenFlow 1.0 knows nothing behind an IPv6 EtherType.
bool behind_ipv6(const FieldTest& test, const net::Cube& cube) {
  return test.field > Field::kEthType &&
         std::ranges::find(cube, FieldTest::exactly(Field::kEthType, 0x86dd)) != cube.end();
}

bool matches_tagged(const net::Cube& cube) {
  return net::intersect(cube, {{Field::kVlanTci, kTagPresent, kTagPresent}}).has_value();
}

}  // namespace

base::Result<std::optional<net::Cube>> express(Profile profile, const net::Cube& cube) {
  std::optional<net::Cube> wanted = cube;
  if (profile == Profile::kOpenflow10) {
    wanted = net::intersect(cube, {{Field::kVlanTci, 0, kTagPresent}});
    if (!wanted) return std::optional<net::Cube>{};
  }
  std::erase_if(*wanted, [&cube](const FieldTest& test) { return implied(test, cube); });
  for (const FieldTest& test : *wanted) {
    const bool hidden = profile == Profile::kOpenflow10 && behind_ipv6(test, cube);
    if (matchable(profile, test) && !hidden) continue;
    return base::fail(ErrorCode::kInvalid,
                      std::string("a switch of profile ") + to_string(profile) + " cannot match " + to_string(test) +
                          (hidden ? " of IPv6" : ""),
                      "write an expression without it, or use switches of profile ovs with `encapsulation: nsh`");
  }
  return wanted;
}

base::Result<std::vector<std::string>> check_for_vlan(const Topology& topology, const PlacedPolicy& policy) {
  std::set<Profile> profiles;
  for (const std::size_t tap : policy.taps) profiles.insert(topology.switches()[topology.taps()[tap].where.at].profile);
  std::vector<std::string> warnings;
  for (const Profile profile : profiles) {
    bool any = false;
    bool loses = false;
    for (const policy::Rule& rule : policy.policy->compiled->rules) {
      auto expressed = express(profile, rule.match);
      if (!expressed) {
        expressed.error().place = policy.policy->name;
        return std::unexpected(expressed.error());
      }
      any = any || (rule.accept && *expressed);
      loses = loses || (rule.accept && profile == Profile::kOpenflow10 && matches_tagged(rule.match));
    }
    if (loses && !any) {
      return base::fail(ErrorCode::kInvalid,
                        "the policy wants only tagged frames, which OpenFlow 1.0 cannot carry intact",
                        "name taps on switches that push tags (profile openflow13 or ovs)", policy.policy->name);
    }
    if (loses) {
      warnings.emplace_back(
          "only untagged frames are copied at taps of profile openflow10: it would overwrite the tag of others");
    }
  }
  return warnings;
}

base::Result<std::map<PolicyNumbers, std::uint16_t>> number_sets(const std::set<PolicyNumbers>& sets) {
  if (sets.size() > kVlanIdMax) {
    return base::fail(ErrorCode::kLimit, "the policies overlap in more than " + std::to_string(kVlanIdMax) + " ways",
                      "VLAN ids run out; use fewer policies or `encapsulation: nsh`");
  }
  std::vector<PolicyNumbers> order(sets.begin(), sets.end());
  std::ranges::stable_sort(order, {}, [](const PolicyNumbers& set) { return set.back(); });
  std::map<PolicyNumbers, std::uint16_t> ids;
  std::set<std::uint16_t> used;
  for (const PolicyNumbers& set : order) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: the same on every machine and in every release
    for (const std::uint32_t number : set) hash = (hash ^ number) * 0x100000001b3;
    auto id = static_cast<std::uint16_t>(1 + hash % kVlanIdMax);
    while (!used.insert(id).second) id = static_cast<std::uint16_t>(id % kVlanIdMax + 1);
    ids.emplace(set, id);
  }
  return ids;
}

}  // namespace superspan::fabric
