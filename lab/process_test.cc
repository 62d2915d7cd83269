// SPDX-License-Identifier: Apache-2.0
#include "lab/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace superspan::lab {
namespace {

using std::chrono::milliseconds;

TEST(Run, GivesWhatTheCommandPrinted) {
  const auto out = run({"cat"}, {"", "three\nlines\nhere\n", {}});
  ASSERT_TRUE(out) << base::render(out.error());
  EXPECT_EQ(*out, "three\nlines\nhere\n");
}

TEST(Run, AFailureNamesTheCommandAndItsWords) {
  const auto out = run({"sh", "-c", "echo no luck >&2; exit 3"});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "`sh -c echo no luck >&2; exit 3` failed (exit status 3): no luck");
}

TEST(Run, AMissingProgramTellsHowToGetIt) {
  const auto out = run({"superspan-no-such-program"});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(out.error().message, "program 'superspan-no-such-program' is missing");
}

TEST(Run, ACommandThatHangsIsEnded) {
  const auto out = run({"sleep", "60"}, {"", "", {}, milliseconds(50)});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, base::ErrorCode::kTimeout);
}

TEST(Run, AMissingNamespaceIsAnError) {
  EXPECT_FALSE(run({"true"}, {"ss-no-such-namespace", "", {}}));
}

struct Daemon : testing::Test {
  std::filesystem::path log = std::filesystem::temp_directory_path() / ("superspan-daemon-" + std::to_string(getpid()));
  ~Daemon() override { std::filesystem::remove(log); }
  DaemonSpec spec(Arguments arguments) const { return {"test", "", std::move(arguments), {}, log}; }
};

TEST_F(Daemon, IsRecordedBeforeItRuns) {
  ProcessId recorded;
  const auto process = start_daemon(spec({"sleep", "60"}), [&](ProcessId id) {
    recorded = id;
    return base::Status();
  });
  ASSERT_TRUE(process) << base::render(process.error());
  EXPECT_EQ(*process, recorded);
  EXPECT_TRUE(is_running(*process));
  end_processes({*process}, milliseconds(1000));
  EXPECT_FALSE(is_running(*process));
}

TEST_F(Daemon, NeverRunsWhenItCannotBeRecorded) {
  const auto marker = log.string() + ".ran";
  const auto process = start_daemon(spec({"touch", marker}), [](ProcessId) -> base::Status {
    return base::fail(base::ErrorCode::kInternal, "the disk is full");
  });
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message, "the disk is full");
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(Daemon, ThatIgnoresTermIsKilled) {
  const auto process = start_daemon(spec({"sh", "-c", "trap '' TERM; while :; do sleep 1; done"}),
                                    [](ProcessId) { return base::Status(); });
  ASSERT_TRUE(process);
  usleep(100'000);
  end_processes({*process}, milliseconds(100));
  EXPECT_FALSE(is_running(*process));
}

TEST_F(Daemon, AnotherProcessWithTheSameNumberIsLeftAlone) {
  const auto process = start_daemon(spec({"sleep", "60"}), [](ProcessId) { return base::Status(); });
  ASSERT_TRUE(process);
  ProcessId earlier = *process;
  earlier.start_ticks -= 1;
  EXPECT_FALSE(is_running(earlier));
  end_processes({earlier}, milliseconds(100));
  EXPECT_TRUE(is_running(*process));
  end_processes({*process}, milliseconds(1000));
}

TEST_F(Daemon, ItsLastWordsCanBeShown) {
  std::ofstream(log) << "one\ntwo\nthree\n\n";
  EXPECT_EQ(last_lines(log, 2), "  two\n  three");
  EXPECT_EQ(last_lines(log, 9), "  one\n  two\n  three");
  EXPECT_EQ(last_lines("/no/such/file", 2), "");
}

}  // namespace
}  // namespace superspan::lab
