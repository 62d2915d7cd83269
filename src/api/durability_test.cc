// SPDX-License-Identifier: Apache-2.0
// What the store holds when the controller ends, and what is acknowledged while a disk is slow, full or ill.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "api/testing.h"

namespace superspan::api {
namespace {

using testing::RunningController;
using testing::text_at;

TEST(Restart, PoliciesNumbersAndFlowsAreTheSame) {
  // The store outlives the controller, as the file does.
  struct Shared final : store::Store {
    explicit Shared(store::Store& behind) : behind_(behind) {}
    base::Result<store::Contents> load() override { return behind_.load(); }
    base::Status commit(const store::Change& change) override { return behind_.commit(change); }
    base::Status flush() override { return behind_.flush(); }
    store::Store& behind_;
  };
  const auto store = store::make_memory_store();
  std::string policies;
  std::string flows;
  {
    const RunningController first(std::make_unique<Shared>(*store));
    for (const char* name : {"a", "b", "c"}) {
      first.put(std::string("/v1/policies/") + name,
                R"({"expression": "tcp port 443 or udp port 53", "tools": ["ids1"]})");
    }
    first.remove("/v1/policies/b");
    policies = first.get("/v1/policies").text;
    flows = first.get("/v1/flows?view=desired").text;
  }
  const RunningController second(std::make_unique<Shared>(*store));
  EXPECT_EQ(second.get("/v1/policies").text, policies);
  EXPECT_EQ(second.get("/v1/flows?view=desired").text, flows);
}

TEST(BrokenStore, NothingIsAcknowledgedThatIsNotStored) {
  struct Full final : store::Store {
    base::Result<store::Contents> load() override { return store::Contents{}; }
    base::Status commit(const store::Change&) override {
      return base::fail(base::ErrorCode::kUnavailable, "the disk is full");
    }
    base::Status flush() override { return {}; }
  };
  const RunningController controller(std::make_unique<Full>());
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503);
  EXPECT_EQ(controller.get("/v1/policies/web").status, 404);
  EXPECT_EQ(text_at(controller.get("/v1/flows?view=desired"), "/flows").find("web"), std::string::npos);
}

// A disk that waits until it is told how it went.
struct SlowDisk final : store::Store {
  explicit SlowDisk(std::shared_future<base::Status> written) : written_(std::move(written)) {}
  base::Result<store::Contents> load() override { return store::Contents{}; }
  base::Status commit(const store::Change&) override { return {}; }
  base::Status flush() override { return written_.get(); }
  std::shared_future<base::Status> written_;
};

TEST(SlowDisk, TheFabricWorksMeanwhileAndTheClientHearsWhenItIsWritten) {
  std::promise<base::Status> written;
  const RunningController controller(std::make_unique<SlowDisk>(written.get_future().share()));
  auto answer = std::async(std::launch::async, [&controller] {
    return controller.put("/v1/policies/web?wait_ms=0", R"({"expression": "ip", "tools": ["ids1"]})").status;
  });
  while (controller.get("/v1/policies/web").status != 200) std::this_thread::yield();
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  written.set_value({});
  EXPECT_EQ(answer.get(), 202U);  // no switch is there
}

TEST(SlowDisk, WhatMayNotBeWrittenIsNotAcknowledged) {
  std::promise<base::Status> written;
  const RunningController controller(std::make_unique<SlowDisk>(written.get_future().share()));
  written.set_value(base::fail(base::ErrorCode::kUnavailable, "the disk refuses"));
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503U);
  EXPECT_EQ(controller.put("/v1/policies/web", R"({"expression": "ip", "tools": ["ids1"]})").status, 503U)
      << "unchanged, but still not written";
}

}  // namespace
}  // namespace superspan::api
