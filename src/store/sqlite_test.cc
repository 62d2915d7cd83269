// SPDX-License-Identifier: Apache-2.0
// What only the file can do: survive, and be wrong.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "store/database.h"
#include "store/testing.h"

namespace superspan::store {
namespace {

using testing::policy;
using testing::TemporaryFolder;

base::Error error_of(const std::string& file) {
  const auto store = open_sqlite_store(file);
  return store ? base::Error{} : store.error();
}

// Commits policy after policy and says the number of each on the pipe as soon as it is acknowledged.
[[noreturn]] void write_until_killed(const std::string& file, int pipe) {
  auto store = open_sqlite_store(file);
  if (!store) ::_exit(1);
  auto counters = (*store)->load()->counters;
  while (true) {
    const auto number = counters.next_number++;
    ++counters.epoch;
    // Names repeat, so that rows are replaced as well as added.
    if (!(*store)->commit({counters, {policy("p" + std::to_string(number % 50), number)}, {}})) ::_exit(2);
    if (::write(pipe, &number, sizeof(number)) != sizeof(number)) ::_exit(3);
  }
}

// Of the next `count` numbers on the pipe, or of all until its end.
std::uint32_t last_acknowledged(int pipe, std::size_t count = SIZE_MAX) {
  std::uint32_t last = 0;
  std::uint32_t number = 0;
  while (count-- > 0 && ::read(pipe, &number, sizeof(number)) == sizeof(number)) last = number;
  return last;
}

TEST(Sqlite, AnAcknowledgedWriteSurvivesKill9) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  std::mt19937 random(std::random_device{}());
  std::uint32_t expected = 0;
  for (int round = 0; round < 40; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(file, ends[1]);
    ::close(ends[1]);
    // Some commits, and then somewhere within the next.
    expected = std::max(expected, last_acknowledged(ends[0], random() % 8));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    expected = std::max(expected, last_acknowledged(ends[0]));
    ::close(ends[0]);
    const auto store = open_sqlite_store(file);
    ASSERT_TRUE(store) << base::render(store.error());
    const auto contents = (*store)->load();
    ASSERT_TRUE(contents);
    // One more may have been committed and not yet said.
    const std::uint32_t stored = contents->counters.next_number - 1;
    ASSERT_TRUE(stored == expected || stored == expected + 1) << stored << " " << expected;
    expected = stored;
    ASSERT_EQ(contents->counters.epoch, stored);
    ASSERT_EQ(contents->policies.size(), std::min<std::size_t>(stored, 50));
    for (const auto& found : contents->policies) {
      ASSERT_EQ(found, policy("p" + std::to_string(found.number % 50), found.number));
      ASSERT_GT(found.number + 50, stored);
    }
  }
  EXPECT_GT(expected, 0U);
}

TEST(Sqlite, FlushesBesideCommitsAndTheLogDoesNotGrowForEver) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  {
    const auto store = open_sqlite_store(file);
    ASSERT_TRUE(store);
    std::atomic<bool> stop = false;
    std::thread flusher([&] {
      while (!stop) EXPECT_TRUE((*store)->flush());
    });
    for (std::uint32_t number = 1; number <= 1000; ++number) {
      ASSERT_TRUE((*store)->commit({{number, number + 1, {}}, {policy("web", number)}, {}}));
      (*store)->tidy();
    }
    stop = true;
    flusher.join();
    EXPECT_LT(std::filesystem::file_size(file + "-wal"), 2'000'000U);
  }
  EXPECT_EQ((*open_sqlite_store(file))->load()->policies, std::vector<Policy>{policy("web", 1000)});
}

TEST(Sqlite, OnlyItsOwnerCanReadTheFile) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  ASSERT_TRUE(open_sqlite_store(file));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(Sqlite, ASecondProcessIsRefused) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  const auto first = open_sqlite_store(file);
  ASSERT_TRUE(first);
  EXPECT_EQ(error_of(file).code, base::ErrorCode::kConflict);
  EXPECT_EQ(error_of(file).message, "another process uses the state file");
}

TEST(Sqlite, ANewerSchemaIsRefused) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  ASSERT_TRUE(open_sqlite_store(file));
  ASSERT_TRUE(Database::open(file)->execute("PRAGMA user_version = 2"));
  EXPECT_EQ(error_of(file).message, "the state file was made by a newer version (schema 2, this one knows 1)");
}

TEST(Sqlite, ADatabaseOfAnotherProgramIsRefused) {
  const TemporaryFolder folder;
  const std::string file = folder / "other.db";
  ASSERT_TRUE(Database::open(file)->execute("CREATE TABLE t (x)"));
  EXPECT_EQ(error_of(file).message, "the file is a database of another program");
}

TEST(Sqlite, TextIsNoDatabase) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  std::ofstream(file) << std::string(5000, 'x');
  EXPECT_EQ(error_of(file).code, base::ErrorCode::kInvalid);
  EXPECT_EQ(error_of(file).place, file);
}

TEST(Sqlite, DamageIsFound) {
  const TemporaryFolder folder;
  const std::string file = folder / "superspan.db";
  {
    const auto store = open_sqlite_store(file);
    std::vector<Policy> many;
    for (std::uint32_t number = 1; number <= 500; ++number)
      many.push_back(policy("p" + std::to_string(number), number));
    ASSERT_TRUE((*store)->commit({{1, 501, {}}, many, {}}));
  }
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(4096 * 3);
    bytes << std::string(4096 * 4, '\xa5');
  }
  EXPECT_EQ(error_of(file).code, base::ErrorCode::kInternal);
  EXPECT_NE(error_of(file).message.find("damaged"), std::string::npos) << error_of(file).message;
}

TEST(Sqlite, APlaceThatCannotBeWrittenIsNamed) {
  EXPECT_EQ(error_of("/proc/superspan.db").code, base::ErrorCode::kDenied);
  EXPECT_EQ(error_of("/nonexistent/superspan.db").code, base::ErrorCode::kDenied);
  EXPECT_EQ(error_of("/nonexistent/superspan.db").place, "/nonexistent/superspan.db");
}

// Files of this process cannot grow while it lives.
class FullDisk {
 public:
  FullDisk() : signal_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  sighandler_t signal_;
};

TEST(Sqlite, AFullDiskIsTheControllersTroubleAndPasses) {
  const TemporaryFolder folder;
  const auto store = open_sqlite_store(folder / "superspan.db");
  ASSERT_TRUE(store);
  const Change change{{1, 2, Slot{1, 1}}, {policy("web", 1)}, {}};
  base::Status stored;
  {
    const FullDisk full;
    stored = (*store)->commit(change);
  }
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, base::ErrorCode::kInternal);
  EXPECT_TRUE(stored.error().message.starts_with("the controller's disk refuses the state file"))
      << stored.error().message;
  EXPECT_TRUE((*store)->load()->policies.empty());
  EXPECT_TRUE((*store)->commit(change));
  EXPECT_EQ((*store)->load()->policies.size(), 1U);
}

}  // namespace
}  // namespace superspan::store
