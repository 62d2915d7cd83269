// SPDX-License-Identifier: Apache-2.0
#include "api/policy_book.h"

#include <gtest/gtest.h>

namespace superspan::api {
namespace {

base::WallTime at_s(std::int64_t seconds) {
  return base::WallTime(std::chrono::seconds(seconds));
}

// Does what the controller does, without a fabric.
class Book : public ::testing::Test {
 protected:
  Book() : store_(store::make_memory_store()) { reload(); }
  void reload() {
    PolicyBook::Proposal repair;
    book_ = PolicyBook::load(*store_->load(), {}, at_s(0), repair);
    EXPECT_TRUE(repair.unchanged);
  }
  void accept(const PolicyBook::Proposal& proposal) {
    ASSERT_TRUE(store_->commit(proposal.change));
    book_.take_over(proposal);
  }
  void put(const std::string& name, store::PolicyText text, std::int64_t time_s = 0) {
    const auto proposal = propose(name, std::move(text), time_s);
    ASSERT_TRUE(proposal) << base::render(proposal.error());
    accept(*proposal);
  }
  base::Result<PolicyBook::Proposal> propose(const std::string& name, store::PolicyText text, std::int64_t time_s) {
    const std::vector<PolicyBook::Draft> drafts{draft(name, std::move(text))};
    return book_.put(drafts, at_s(time_s));
  }
  PolicyBook::Draft draft(const std::string& name, store::PolicyText text) {
    auto compiled = PolicyBook::compile(text.expression, {});
    EXPECT_TRUE(compiled);
    return {name, std::move(text), compiled.value_or(nullptr)};
  }
  PolicyBook::Proposal end(const std::string& name, const std::string& because, std::int64_t time_s) {
    return book_.end({{name, {policy(name).number, because}}}, at_s(time_s));
  }
  const store::Policy& policy(const std::string& name) { return book_.find(name)->stored; }

  std::unique_ptr<store::Store> store_;
  PolicyBook book_;
};

TEST_F(Book, ANewPolicyGetsNumberBitAndEpoch) {
  put("web", {.expression = "tcp port 443"});
  put("dns", {.expression = "udp port 53"});
  EXPECT_EQ(policy("web").number, 1U);
  EXPECT_EQ(policy("dns").number, 2U);
  EXPECT_NE(policy("web").bit, policy("dns").bit);
  EXPECT_EQ(policy("dns").from_epoch, 2U);
  const auto set = book_.policy_set();
  EXPECT_EQ(set.epoch, 2U);
  ASSERT_EQ(set.policies.size(), 2U);
  EXPECT_EQ(set.policies[0].name, "dns");
  EXPECT_TRUE(set.policies[0].compiled);
}

TEST_F(Book, TheSameAgainChangesNothing) {
  put("web", {.expression = "ip"});
  EXPECT_TRUE(propose("web", {.expression = "ip"}, 9)->unchanged);
}

TEST_F(Book, ABitThatASwitchMayStillHoldIsNotGiven) {
  put("web", {.expression = "ip"});
  const auto latest = policy("web");
  const fabric::Slot next{latest.name_space, static_cast<std::uint8_t>(latest.bit + 1)};
  const std::vector<PolicyBook::Draft> drafts = {{"dns", {.expression = "udp"}, *PolicyBook::compile("udp", {})}};
  EXPECT_EQ(book_.put(drafts, at_s(9))->entries.at(0).stored.bit, next.bit);
  EXPECT_EQ(book_.put(drafts, at_s(9), {next})->entries.at(0).stored.bit, next.bit + 1);
}

TEST_F(Book, AnotherReasonKeepsTheBitAnotherExpressionDoesNot) {
  put("web", {.expression = "ip"});
  const auto first = policy("web");
  put("web", {.expression = "ip", .reason = "ticket"}, 5);
  EXPECT_EQ(policy("web").number, first.number);
  EXPECT_EQ(policy("web").bit, first.bit);
  EXPECT_EQ(policy("web").from_epoch, first.from_epoch);
  EXPECT_EQ(policy("web").revision, 2U);
  EXPECT_EQ(policy("web").created, first.created);
  put("web", {.expression = "ip6", .reason = "ticket"}, 6);
  EXPECT_NE(policy("web").number, first.number);
  EXPECT_NE(policy("web").bit, first.bit);
  EXPECT_EQ(policy("web").from_epoch, 3U);
  EXPECT_EQ(policy("web").revision, 3U);
}

TEST_F(Book, ARestartGivesTheVerySameSet) {
  put("web", {.expression = "tcp port 443", .taps = {"t1"}, .duration_s = 9});
  put("dns", {.expression = "udp port 53"});
  const auto before = book_.policy_set();
  reload();
  const auto after = book_.policy_set();
  ASSERT_EQ(after.policies.size(), before.policies.size());
  EXPECT_EQ(after.epoch, before.epoch);
  for (std::size_t index = 0; index < before.policies.size(); ++index) {
    EXPECT_EQ(after.policies[index].number, before.policies[index].number);
    EXPECT_EQ(after.policies[index].slot, before.policies[index].slot);
    EXPECT_EQ(after.policies[index].from_epoch, before.policies[index].from_epoch);
    EXPECT_EQ(after.policies[index].compiled->rules, before.policies[index].compiled->rules);
  }
}

TEST_F(Book, ANumberIsNeverGivenTwice) {
  put("web", {.expression = "ip"});
  accept(*book_.remove("web"));
  EXPECT_EQ(book_.policy_set().policies.size(), 0U);
  EXPECT_EQ(book_.epoch(), 2U);
  reload();
  put("web", {.expression = "ip"});
  EXPECT_EQ(policy("web").number, 2U);
  EXPECT_EQ(policy("web").revision, 1U);
}

TEST_F(Book, AnEndedPolicyIsListedButNotInForce) {
  put("web", {.expression = "ip"});
  accept(end("web", "duration", 10));
  EXPECT_TRUE(policy("web").ended);
  EXPECT_EQ(policy("web").ended_because, "duration");
  EXPECT_TRUE(book_.policy_set().policies.empty());
  EXPECT_TRUE(end("web", "again", 11).unchanged);
  reload();
  EXPECT_TRUE(policy("web").ended);
  put("web", {.expression = "ip"}, 20);
  EXPECT_FALSE(policy("web").ended);
  EXPECT_EQ(policy("web").created, at_s(20));
}

TEST_F(Book, EndedPoliciesAreForgottenAfterADay) {
  put("web", {.expression = "ip"});
  accept(end("web", "duration", 0));
  EXPECT_TRUE(book_.prune(at_s(24 * 3600)).unchanged);
  accept(book_.prune(at_s(24 * 3600 + 1)));
  EXPECT_EQ(book_.find("web"), nullptr);
}

TEST_F(Book, OnlyAThousandEndedPoliciesAreKept) {
  for (int index = 0; index < 1005; ++index) {
    const std::string name = "p" + std::to_string(index);
    put(name, {.expression = "ip"});
    accept(end(name, "packets", index));
  }
  accept(book_.prune(at_s(2000)));
  EXPECT_EQ(book_.entries().size(), kEndedPoliciesMax);
  EXPECT_EQ(book_.find("p4"), nullptr);
  EXPECT_NE(book_.find("p5"), nullptr);
}

TEST_F(Book, AWrongExpressionIsMarked) {
  const auto proposal = PolicyBook::compile("tcp prot 443", {});
  ASSERT_FALSE(proposal);
  EXPECT_EQ(proposal.error().place, "/expression");
  ASSERT_TRUE(proposal.error().mark);
  EXPECT_EQ(proposal.error().mark->text, "tcp prot 443");
}

TEST_F(Book, OneBitTooManyIsALimit) {
  for (std::size_t index = 0; index < fabric::kPoliciesMax; ++index)
    put("p" + std::to_string(index), {.expression = "ip"});
  EXPECT_EQ(propose("more", {.expression = "ip"}, 0).error().code, base::ErrorCode::kLimit);
}

TEST_F(Book, AStoredExpressionThatDoesNotCompileAnyMoreEndsItsPolicy) {
  store::Policy old;
  old.name = "old";
  old.number = 1;
  old.text.expression = "no such language";
  ASSERT_TRUE(store_->commit({{7, 2, {}}, {old}, {}}));
  PolicyBook::Proposal repair;
  book_ = PolicyBook::load(*store_->load(), {}, at_s(3), repair);
  EXPECT_FALSE(repair.unchanged);
  accept(repair);
  EXPECT_TRUE(policy("old").ended);
  EXPECT_EQ(book_.epoch(), 8U);
  EXPECT_TRUE(book_.policy_set().policies.empty());
}

TEST_F(Book, ManyArePutInOneEpochWithNumbersAndBitsOfTheirOwn) {
  put("old", {.expression = "ip"});
  const std::vector<PolicyBook::Draft> drafts{draft("a", {.expression = "tcp"}), draft("old", {.expression = "ip"}),
                                              draft("b", {.expression = "udp"}), draft("c", {.expression = "ip6"})};
  const auto proposal = book_.put(drafts, at_s(5));
  ASSERT_TRUE(proposal);
  using Effect = PolicyBook::Effect;
  EXPECT_EQ(proposal->effects, (std::vector{Effect::kCreated, Effect::kUnchanged, Effect::kCreated, Effect::kCreated}));
  accept(*proposal);
  EXPECT_EQ(book_.epoch(), 2U);
  std::set<std::pair<int, int>> bits;
  std::set<std::uint32_t> numbers;
  for (const char* name : {"old", "a", "b", "c"}) {
    bits.emplace(policy(name).name_space, policy(name).bit);
    numbers.insert(policy(name).number);
    EXPECT_EQ(policy(name).from_epoch, std::string(name) == "old" ? 1U : 2U);
  }
  EXPECT_EQ(bits.size(), 4U);
  EXPECT_EQ(numbers.size(), 4U);
}

}  // namespace
}  // namespace superspan::api
