// SPDX-License-Identifier: Apache-2.0
#include "fabric/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/testing/seed.h"
#include "fabric/desired.h"

namespace superspan::fabric {
namespace {

using Parts = std::vector<openflow::CookieFilter>;

std::vector<std::uint64_t> cookies(std::uint32_t policies, std::uint16_t rules) {
  std::vector<std::uint64_t> result;
  for (std::uint32_t policy = 1; policy <= policies; ++policy) {
    for (std::uint16_t index = 0; index < rules; ++index)
      result.push_back(Cookie{policy, Stage::kMatch, index}.value());
  }
  return result;
}

std::size_t largest(const Parts& parts, const std::vector<std::uint64_t>& cookies) {
  std::size_t most = 0;
  for (const auto& part : parts) {
    const auto count = std::ranges::count_if(cookies, [&part](auto cookie) { return part.covers(cookie); });
    most = std::max(most, static_cast<std::size_t>(count));
  }
  return most;
}

TEST(AuditParts, ASmallTableIsReadAtOnce) {
  EXPECT_EQ(audit_parts({}, 4), Parts{{}});
  EXPECT_EQ(audit_parts(cookies(4, 1), 4), Parts{{}});
}

TEST(AuditParts, ManyPoliciesOfOneRuleAndOnePolicyOfManyRulesAreDivided) {
  for (const auto& all : {cookies(1000, 1), cookies(1, 1000), cookies(8, 1250), cookies(1250, 8)}) {
    const Parts parts = audit_parts(all, 256);
    EXPECT_LE(largest(parts, all), 256U);
    EXPECT_LE(parts.size(), 3 * (all.size() / 256 + 1));
  }
}

TEST(AuditParts, FlowsThatShareOneCookieStayTogether) {
  EXPECT_EQ(audit_parts(std::vector<std::uint64_t>(1000, 7), 256), Parts{{}});
}

TEST(AuditParts, EveryCookieIsInExactlyOnePart) {
  std::mt19937_64 random(base::testing::seed());
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> all(random() % 500);
    for (auto& cookie : all) cookie = random() >> random() % 64 << random() % 16;
    const Parts parts = audit_parts(all, 1 + random() % 40);
    for (int probe = 0; probe < 200; ++probe) {
      const std::uint64_t cookie = probe % 2 == 0 || all.empty() ? random() : all[random() % all.size()];
      EXPECT_EQ(std::ranges::count_if(parts, [cookie](const auto& part) { return part.covers(cookie); }), 1);
    }
  }
}

}  // namespace
}  // namespace superspan::fabric
