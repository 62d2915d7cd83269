// SPDX-License-Identifier: Apache-2.0
#include "recorder/file_recorder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

#include "recorder/fake_source.h"
#include "recorder/memory_disk.h"
#include "recorder/pcapng_reader.h"

namespace superspan::recorder {
namespace {

constexpr std::array<std::byte, 1000> kFrame{};

// Verbs for a recording of policy "web" with one tap on a disk in memory.
class Recording : public ::testing::Test {
 protected:
  Recording() {
    source_.known = {{1, {"leaf1", ""}}};
    info_.policy = "web";
    info_.start = clock_.wall() + std::chrono::hours(24);
    options_.batch_bytes = 1 << 20;
  }
  FileRecorder& recorder() {
    if (!recorder_) recorder_ = std::make_unique<FileRecorder>(info_, options_, source_, disk_);
    return *recorder_;
  }
  void record(int packets) {
    for (int count = 0; count < packets; ++count) {
      ++source_.numbers[1].received;
      ++source_.numbers[1].accepted;
      recorder().append({clock_.wall(), 1, 7, 1000, 0, kFrame}, clock_);
    }
    recorder().flush(clock_);
  }
  PcapngContents read(const std::string& name) {
    auto contents = read_pcapng(disk_.files.at(name));
    EXPECT_TRUE(contents) << base::render(contents.error());
    EXPECT_EQ(contents->whole_blocks_bytes, disk_.files.at(name).size()) << name;
    return *contents;
  }
  static std::string file(int number) { return "web-19700102T000000.000Z-0000" + std::to_string(number) + ".pcapng"; }
  void expect_conserved() {
    const RecorderCounters& count = recorder().counters();
    EXPECT_EQ(count.offered, count.recorded + count.disk_full + count.disk_error);
    std::uint64_t on_disk = 0;
    for (const auto& [name, content] : disk_.files) on_disk += read(name).packets.size();
    EXPECT_EQ(count.recorded, on_disk);
  }

  base::ManualClock clock_;
  FakeSource source_;
  MemoryDisk disk_;
  CaptureInfo info_;
  RecorderOptions options_;
  std::unique_ptr<FileRecorder> recorder_;
};

TEST_F(Recording, EmptyCaptureLeavesAFileThatSaysSo) {
  recorder().open(clock_);
  recorder().close(clock_);
  const PcapngContents contents = read(file(1));
  EXPECT_EQ(contents.interfaces.size(), 1U);
  EXPECT_TRUE(contents.packets.empty());
  EXPECT_EQ(contents.statistics.at(0).received, 0U);
}

TEST_F(Recording, EachBatchIsOneWriteOfWholeBlocks) {
  recorder().open(clock_);
  disk_.write_sizes.clear();
  record(100);
  EXPECT_EQ(disk_.write_sizes.size(), 1U);
  EXPECT_EQ(read(file(1)).packets.size(), 100U);
}

TEST_F(Recording, RotatesBySizeAndEveryFileHasItsOwnStatistics) {
  options_.rotate_bytes = 50'000;
  recorder().open(clock_);
  for (int batch = 0; batch < 10; ++batch) record(20);
  recorder().close(clock_);
  ASSERT_EQ(disk_.files.size(), 4U);
  for (const int number : {1, 2, 3}) {
    const PcapngContents contents = read(file(number));
    EXPECT_EQ(contents.packets.size(), 60U);
    EXPECT_EQ(contents.statistics.at(0).received, 60U);
    EXPECT_EQ(contents.statistics.at(0).delivered, 60U);
    EXPECT_EQ(contents.packets.at(0).comment, "epoch 7, policy web");
  }
  EXPECT_EQ(read(file(4)).statistics.at(0).received, 20U);
  expect_conserved();
}

TEST_F(Recording, RotatesByTimeEvenWithoutPackets) {
  recorder().open(clock_);
  record(1);
  clock_.advance(std::chrono::hours(1));
  recorder().flush(clock_);
  EXPECT_EQ(disk_.files.size(), 2U);
  EXPECT_EQ(read(file(1)).statistics.at(0).end - read(file(1)).packets.at(0).time, std::chrono::hours(1));
}

TEST_F(Recording, SyncsOnceASecondAndOnlyWhatIsNew) {
  recorder().open(clock_);
  for (int tenth = 0; tenth < 30; ++tenth) {
    clock_.advance(std::chrono::milliseconds(100));
    if (tenth < 20) record(1);
    recorder().flush(clock_);
  }
  EXPECT_EQ(disk_.syncs, 2);
}

TEST_F(Recording, FullDiskDropsByNameAndKeepsTheFileWhole) {
  disk_.capacity_bytes = 30'000;
  recorder().open(clock_);
  record(20);
  record(20);
  record(20);
  EXPECT_EQ(recorder().counters().recorded, 20U);
  EXPECT_EQ(recorder().counters().disk_full, 40U);
  ASSERT_TRUE(recorder().error());
  EXPECT_EQ(recorder().error()->code, base::ErrorCode::kLimit);
  recorder().close(clock_);
  expect_conserved();
}

TEST_F(Recording, ResumesInANewFileThatTellsWhatWasLost) {
  disk_.capacity_bytes = 30'000;
  recorder().open(clock_);
  record(20);
  record(20);
  disk_.capacity_bytes = 1'000'000;
  clock_.advance(std::chrono::seconds(9));
  record(5);
  EXPECT_EQ(recorder().counters().disk_full, 25U) << "tried again before its time";
  clock_.advance(std::chrono::seconds(1));
  record(20);
  recorder().close(clock_);
  EXPECT_FALSE(recorder().error());
  const PcapngContents contents = read(file(2));
  EXPECT_EQ(contents.packets.at(0).lost_before, 25U);
  EXPECT_EQ(contents.statistics.at(0).os_dropped, 25U);
  EXPECT_NE(contents.statistics.at(0).comment.find("disk=25 "), std::string::npos);
  expect_conserved();
}

TEST_F(Recording, InputOutputErrorSealsTheFileAtTheLastWholeBlock) {
  recorder().open(clock_);
  record(20);
  disk_.write_fails = true;
  record(20);
  disk_.write_fails = false;
  EXPECT_EQ(recorder().counters().disk_error, 20U);
  EXPECT_EQ(read(file(1)).packets.size(), 20U);
  clock_.advance(std::chrono::seconds(10));
  record(1);
  recorder().close(clock_);
  expect_conserved();
}

TEST_F(Recording, FailedSyncIsNeverTriedAgainOnTheSameFile) {
  recorder().open(clock_);
  record(1);
  disk_.sync_fails = true;
  clock_.advance(std::chrono::seconds(1));
  recorder().flush(clock_);
  ASSERT_TRUE(recorder().error());
  disk_.sync_fails = false;
  EXPECT_EQ(disk_.syncs, 1);
  clock_.advance(std::chrono::seconds(10));
  record(1);
  EXPECT_EQ(disk_.files.size(), 2U);
  expect_conserved();
}

TEST_F(Recording, DirectoryThatIsGoneIsAnErrorAndNotACrash) {
  disk_.create_fails = true;
  recorder().open(clock_);
  record(3);
  recorder().close(clock_);
  EXPECT_EQ(recorder().counters().disk_error, 3U);
  EXPECT_TRUE(disk_.files.empty());
}

TEST_F(Recording, NameThatIsTakenIsSteppedOver) {
  disk_.files[file(1)] = {};
  recorder().open(clock_);
  record(1);
  EXPECT_TRUE(disk_.files.at(file(1)).empty());
  EXPECT_EQ(read(file(2)).packets.size(), 1U);
}

TEST_F(Recording, EveryPrefixReadsUpToItsLastWholeBlock) {
  recorder().open(clock_);
  record(5);
  recorder().close(clock_);
  const base::Bytes whole = disk_.files.at(file(1));
  std::size_t packets = 0;
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    const auto contents = read_pcapng(base::BytesView(whole).first(bytes));
    ASSERT_TRUE(contents) << "killed at byte " << bytes << ": " << base::render(contents.error());
    ASSERT_GE(contents->packets.size(), packets);
    ASSERT_LT(bytes - contents->whole_blocks_bytes, 1100U);
    packets = contents->packets.size();
  }
  EXPECT_EQ(packets, 5U);
}

TEST(SystemDisk, FileSurvivesTruncationAndIsNotOverwritten) {
  const auto directory = std::filesystem::temp_directory_path() / ("superspan-disk-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  SystemDisk disk;
  const auto path = directory / "a.pcapng";
  {
    auto file = disk.create(path);
    ASSERT_TRUE(file) << base::render(file.error());
    const std::string text = "whole|torn";
    ASSERT_TRUE((*file)->append(std::as_bytes(std::span(text))));
    ASSERT_TRUE((*file)->truncate(6));
    ASSERT_TRUE((*file)->append(std::as_bytes(std::span(text)).first(5)));
    ASSERT_TRUE((*file)->sync());
  }
  std::ifstream stream(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "whole|whole");
  EXPECT_EQ(disk.create(path).error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(disk.create(directory / "no" / "b.pcapng").error().code, base::ErrorCode::kUnavailable);
  std::filesystem::remove_all(directory);
}

// The limit on file sizes stands for a full disk: the same path in the code, and no privilege needed.
TEST(SystemDisk, WriteThatDoesNotFitIsALimitAndLeavesWholeBlocks) {
  const auto directory = std::filesystem::temp_directory_path() / ("superspan-full-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{20'000, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);

  SystemDisk disk;
  FakeSource source;
  base::SystemClock clock;
  CaptureInfo info;
  info.policy = "web";
  info.start = clock.wall();
  RecorderOptions options;
  options.directory = directory;
  FileRecorder recorder(info, options, source, disk);
  for (int count = 0; count < 100; ++count) {
    recorder.append({clock.wall(), 1, 7, 1000, 0, kFrame}, clock);
    if (count % 10 == 9) recorder.flush(clock);
  }
  const auto path = recorder.path();
  recorder.close(clock);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);

  EXPECT_EQ(recorder.counters().recorded, 10U);
  EXPECT_EQ(recorder.counters().disk_full, 90U);
  std::ifstream stream(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  const auto contents = read_pcapng(std::as_bytes(std::span(text)));
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->packets.size(), 10U);
  EXPECT_EQ(contents->whole_blocks_bytes, text.size());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace superspan::recorder
