// SPDX-License-Identifier: Apache-2.0
#include "lab/lock.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

namespace superspan::lab {
namespace {

using std::filesystem::perms;

struct LockTest : testing::Test {
  ~LockTest() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("superspan-lock-{}", getpid());
};

TEST_F(LockTest, TheSecondOneIsToldWhoHasIt) {
  const auto first = Lock::take(folder);
  ASSERT_TRUE(first) << base::render(first.error());
  const auto second = Lock::take(folder);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find(fmt::format("process {}, `", getpid())), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find("lock_test"), std::string::npos) << second.error().message;
}

TEST_F(LockTest, NothingIsLeftWhenItIsGivenBack) {
  {
    const auto lock = Lock::take(folder);
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(Lock::take(folder));
}

TEST_F(LockTest, WhatElseIsInTheFolderStays) {
  std::filesystem::create_directories(folder / "lab");
  {
    const auto lock = Lock::take(folder);
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "lab"));
  EXPECT_FALSE(std::filesystem::exists(folder / "lab.lock"));
}

TEST_F(LockTest, ADeadOwnerHoldsNothing) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = Lock::take(folder);
    (void)!write(ready[1], "r", 1);
    pause();
    _exit(lock ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(Lock::take(folder));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  EXPECT_TRUE(std::filesystem::exists(folder / "lab.lock"));
  EXPECT_TRUE(Lock::take(folder));
}

TEST_F(LockTest, ManyAtOnceNeverHaveItTogether) {
  std::atomic<int> inside = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        const auto lock = Lock::take(folder);
        if (!lock) continue;
        EXPECT_EQ(++inside, 1);
        ++taken;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(taken, 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(LockTest, AFolderThatOthersMayWriteToIsRefused) {
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, perms::owner_all | perms::others_all);
  const auto lock = Lock::take(folder);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, base::ErrorCode::kDenied);
  std::filesystem::remove(folder);
  std::filesystem::create_directory_symlink("/", folder);
  EXPECT_FALSE(Lock::take(folder));
}

}  // namespace
}  // namespace superspan::lab
