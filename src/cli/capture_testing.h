// SPDX-License-Identifier: Apache-2.0
// For tests of captures: the stream of a node in its parts, the files and pipes that it is written to.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <iterator>

#include "cli/fake_controller.h"
#include "recorder/pcapng.h"
#include "recorder/pcapng_reader.h"

namespace superspan::cli::test::capture {

inline std::string text_of(base::BytesView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

// A UDP packet from 10.0.0.1:1234 to 10.0.0.2:53 without payload.
inline base::Bytes dns_frame() {
  base::ByteWriter frame;
  for (const unsigned byte : {2, 0,  0,  0,    0,    2,  2, 0, 0, 0,  0, 1, 8, 0, 0x45, 0, 0,  28, 0, 0, 0,
                              0, 64, 17, 0x66, 0xcf, 10, 0, 0, 1, 10, 0, 0, 2, 4, 0xd2, 0, 53, 0,  8, 0, 0}) {
    frame.u8(static_cast<std::uint8_t>(byte));
  }
  return frame.take();
}

// The parts of a node's stream.
inline std::string head() {
  recorder::PcapngWriter writer;
  writer.section("policy: dns", "superspan");
  static_cast<void>(writer.interface({.name = "leaf1", .description = "", .filter = "", .snaplen = 0}));
  return text_of(writer.view());
}

inline std::string packets(std::size_t count) {
  recorder::PcapngWriter writer;
  const base::Bytes frame = dns_frame();
  for (std::size_t index = 0; index < count; ++index) {
    writer.packet({.interface = 0,
                   .time = base::WallTime(std::chrono::seconds(1'700'000'000 + index)),
                   .original_length = static_cast<std::uint32_t>(frame.size()),
                   .comment = {},
                   .bytes = frame});
  }
  return text_of(writer.view());
}

inline std::string statistics(std::uint64_t dropped) {
  recorder::PcapngWriter writer;
  writer.statistics({.interface = 0, .start = {}, .end = {}, .os_dropped = dropped, .comment = {}});
  return text_of(writer.view());
}

// The whole of a stream that ends at once.
inline auto sends(std::string text) {
  return [text = std::move(text)](const FakeController::Stream& stream) {
    stream->write(text);
    stream->finish();
  };
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::size_t packets_in(const std::string& file) {
  const auto contents = recorder::read_pcapng(std::as_bytes(std::span(file)));
  EXPECT_TRUE(contents);
  EXPECT_EQ(contents->whole_blocks_bytes, file.size());
  return contents->packets.size();
}

// A pipe whose reading end a test may read or close.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }
  std::string read_all() {
    close_writer();
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t count = 0; (count = ::read(ends_[0], chunk.data(), chunk.size())) > 0;) {
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(std::exchange(ends_[end], -1));
  }
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace superspan::cli::test::capture
