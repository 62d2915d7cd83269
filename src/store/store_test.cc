// SPDX-License-Identifier: Apache-2.0
// Both stores pass the same tests.
#include "store/store.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace superspan::store {
namespace {

using testing::policy;
using testing::TemporaryFolder;

class AnyStore : public ::testing::TestWithParam<const char*> {
 protected:
  AnyStore() { open(); }
  void open() {
    store_.reset();
    if (GetParam() == std::string("memory")) {
      store_ = make_memory_store();
    } else {
      auto store = open_sqlite_store(folder_ / "superspan.db");
      ASSERT_TRUE(store) << base::render(store.error());
      store_ = std::move(*store);
    }
  }
  [[nodiscard]] bool durable() const { return GetParam() == std::string("sqlite"); }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(, AnyStore, ::testing::Values("memory", "sqlite"),
                         [](const auto& info) { return info.param; });

TEST_P(AnyStore, BeginsEmpty) {
  EXPECT_EQ(*store_->load(), Contents{});
}

TEST_P(AnyStore, GivesBackWhatWasCommittedSortedByName) {
  const Counters counters{2, 3, Slot{1, 63}};
  ASSERT_TRUE(store_->commit({counters, {policy("web", 1), policy("dns", 2)}, {}}));
  const Contents expected{counters, {policy("dns", 2), policy("web", 1)}};
  EXPECT_EQ(*store_->load(), expected);
  if (!durable()) return;
  open();
  EXPECT_EQ(*store_->load(), expected);
}

TEST_P(AnyStore, PutReplacesAndRemoveRemoves) {
  ASSERT_TRUE(store_->commit({{1, 3, {}}, {policy("web", 1), policy("dns", 2)}, {}}));
  Policy edited = policy("web", 3);
  edited.text.expression = "udp";
  edited.ended = true;
  edited.ended_because = "duration";
  ASSERT_TRUE(store_->commit({{2, 4, {}}, {edited}, {"dns", "never-was"}}));
  EXPECT_EQ(store_->load()->policies, std::vector<Policy>{edited});
}

TEST_P(AnyStore, TwoPoliciesMaySwapNumbersInOneChange) {
  ASSERT_TRUE(store_->commit({{1, 3, {}}, {policy("a", 1), policy("b", 2)}, {}}));
  ASSERT_TRUE(store_->commit({{2, 3, {}}, {policy("a", 2), policy("b", 1)}, {}}));
  EXPECT_EQ(store_->load()->policies.front().number, 2U);
}

TEST_P(AnyStore, ASharedNumberChangesNothing) {
  ASSERT_TRUE(store_->commit({{1, 2, {}}, {policy("a", 1)}, {}}));
  const auto before = *store_->load();
  const auto result = store_->commit({{2, 3, {}}, {policy("b", 2), policy("c", 1)}, {"a-not"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(*store_->load(), before);
  EXPECT_TRUE(store_->commit({{2, 3, {}}, {policy("b", 2)}, {}}));
}

TEST_P(AnyStore, CountersNeverGoBack) {
  ASSERT_TRUE(store_->commit({{5, 9, {}}, {}, {}}));
  EXPECT_EQ(store_->commit({{4, 9, {}}, {}, {}}).error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(store_->commit({{5, 8, {}}, {}, {}}).error().code, base::ErrorCode::kConflict);
  EXPECT_TRUE(store_->commit({{5, 9, {}}, {}, {}}));
}

TEST_P(AnyStore, KeepsEveryByteOfTheText) {
  Policy odd = policy("odd", 1);
  odd.text.expression = std::string("udp\0port 53\n'\"\xff", 15);
  odd.text.reason = "'); DROP TABLE policies; --";
  odd.text.taps = {"a", "b\"c", ""};
  odd.text.bytes = 1ULL << 62;
  ASSERT_TRUE(store_->commit({{1, 2, {}}, {odd}, {}}));
  EXPECT_EQ(store_->load()->policies.front(), odd);
}

}  // namespace
}  // namespace superspan::store
