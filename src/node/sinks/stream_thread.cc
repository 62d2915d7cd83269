// SPDX-License-Identifier: Apache-2.0
#include "node/sinks/stream_thread.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace superspan::node {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
// The least time between two turns, so that a trickle of packets does not become one chunk and one wake-up for each.
constexpr std::chrono::microseconds kPace{200};
// How soon a reader that was full is tried again, and how soon an idle thread looks at its watch.
constexpr std::chrono::milliseconds kRetry{2};
constexpr std::chrono::milliseconds kIdle{20};
// How long the rest of a stream that is over waits for its first reader.
constexpr std::chrono::seconds kLinger{10};
// How long stop() waits for readers that take nothing.
constexpr std::chrono::milliseconds kStopTimeout{2000};

// The newest of that name, or null: an older one is of a policy that was replaced.
auto* find(auto& streams, const std::string& policy) {
  const auto newest = std::find_if(streams.rbegin(), streams.rend(),
                                   [&](const auto& stream) { return stream.run->policy().name == policy; });
  return newest == streams.rend() ? nullptr : &*newest;
}

}  // namespace

StreamThread::StreamThread(std::string node, const base::Clock& clock, const SharedTaps& taps,
                           const Counter& port_drops, Bell& bell)
    : node_(std::move(node)), clock_(clock), taps_(taps), port_drops_(port_drops), bell_(bell) {}

StreamThread::~StreamThread() {
  stop();
}

void StreamThread::add(std::shared_ptr<PolicyRun> run) {
  Stream stream;
  stream.source = std::make_unique<RunSource>(run, taps_, port_drops_, RunSource::Sink::kStream);
  stream.baseline.time = run->start();
  stream.baseline.device_dropped = port_drops_.get();
  stream.run = std::move(run);
  const std::lock_guard lock(mutex_);
  streams_.push_back(std::move(stream));
}

base::Status StreamThread::can_attach(const std::string& policy) const {
  const std::lock_guard lock(mutex_);
  const Stream* stream = find(streams_, policy);
  if (stream == nullptr) {
    return base::fail(base::ErrorCode::kNotFound, "no live stream of policy '" + policy + "' on this node",
                      "the policy must have \"stream\": true and name this node as a tool");
  }
  if (stream->reader && !stream->reader->closed()) {
    return base::fail(base::ErrorCode::kConflict, "the live stream of policy '" + policy + "' is being read already",
                      "a stream has one reader; make another policy with the same expression");
  }
  return {};
}

base::Status StreamThread::attach(const std::string& policy, std::shared_ptr<http::ResponseStream> reader) {
  if (auto status = can_attach(policy); !status) return status;
  const std::lock_guard lock(mutex_);
  Stream* stream = find(streams_, policy);
  if (stream == nullptr) return base::fail(base::ErrorCode::kNotFound, "the live stream has just ended");
  if (stream->reader) drop_reader(*stream);
  stream->reader = std::move(reader);
  stream->writer =
      std::make_unique<recorder::CaptureWriter>(capture_info(*stream->run, node_), *stream->source, "stream_slow");
  stream->writer->begin(stream->baseline);
  take_chunk(*stream);
  bell_.ring();
  return {};
}

bool StreamThread::poll() {
  bool worked = false;
  const std::lock_guard lock(mutex_);
  blocked_ = false;
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (stream->reader && stream->reader->closed()) drop_reader(*stream);
    if (stream->reader) worked |= serve(*stream);
    blocked_ |= stream->reader && !stream->chunk.empty();
    stream = is_over(*stream) ? streams_.erase(stream) : std::next(stream);
  }
  return worked;
}

bool StreamThread::serve(Stream& stream) {
  if (stream.chunk.empty()) fill_chunk(stream);
  if (stream.chunk.empty()) return false;
  const std::size_t queued = stream.reader->queued_bytes();
  if (queued > 0 && queued + stream.chunk.size() > kStreamQueueBytes) return false;
  if (!stream.reader->write(stream.chunk)) return false;
  stream.run->counters.streamed.add(stream.chunk_packets);
  stream.chunk.clear();
  stream.chunk_packets = 0;
  if (stream.ended) stream.reader->finish();
  return true;
}

void StreamThread::fill_chunk(Stream& stream) {
  if (stream.ended) return;
  PacketRing& ring = *stream.run->stream_ring();
  const bool finished = stream.run->finished();  // asked first: then an empty buffer stays empty
  stream.chunk_packets += ring.drain(kChunkBytes, [&](const PacketMeta& meta, base::BytesView bytes) {
    stream.writer->packet(captured(meta, bytes));
  });
  if (finished && ring.empty()) {
    (void)stream.writer->end(clock_.wall());
    stream.ended = true;
  }
  take_chunk(stream);
}

void StreamThread::take_chunk(Stream& stream) {
  const base::Bytes& bytes = stream.writer->view();
  if (bytes.empty()) return;
  const std::size_t before = stream.chunk.size();
  stream.chunk.resize(before + bytes.size());
  std::memcpy(stream.chunk.data() + before, bytes.data(), bytes.size());
  stream.writer->clear();
}

// What was on its way to the reader is gone with it. The next reader's statistics count from here.
void StreamThread::drop_reader(Stream& stream) {
  stream.baseline = stream.writer->end(clock_.wall());
  stream.run->counters.stream_unread.add(std::exchange(stream.chunk_packets, 0));
  stream.reader.reset();
  stream.writer.reset();
  stream.chunk.clear();
}

bool StreamThread::is_over(Stream& stream) {
  if (stream.ended && stream.chunk.empty()) return true;
  if (!stream.run->finished() || stream.reader) return false;
  if (!stream.finished_at) stream.finished_at = clock_.steady();
  if (!stream.ended && clock_.steady() - *stream.finished_at < kLinger) return false;
  discard(stream);
  return true;
}

void StreamThread::discard(Stream& stream) {
  std::size_t packets = 0;
  while (std::size_t more = stream.run->stream_ring()->drain(kChunkBytes, [](const PacketMeta&, base::BytesView) {})) {
    packets += more;
  }
  stream.run->counters.stream_unread.add(packets);
}

void StreamThread::start() {
  running_.store(true, std::memory_order_release);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "streams");
    while (running_.load(std::memory_order_acquire)) {
      const std::uint64_t seen = bell_.rung();
      if (poll()) {
        std::this_thread::sleep_for(kPace);
      } else {
        bell_.wait(seen, blocked_ ? kRetry : kIdle);
      }
    }
  });
}

void StreamThread::stop() {
  if (!thread_.joinable()) return;
  running_.store(false, std::memory_order_release);
  bell_.ring();
  thread_.join();
  const auto someone_reads = [&] {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(streams_,
                               [](const Stream& stream) { return stream.reader && !stream.reader->closed(); });
  };
  for (auto waited = kRetry * 0; someone_reads() && waited < kStopTimeout;) {
    if (poll()) continue;
    std::this_thread::sleep_for(kRetry);
    waited += kRetry;
  }
  const std::lock_guard lock(mutex_);
  for (Stream& stream : streams_) {
    if (stream.reader) stream.reader->abort();
  }
  streams_.clear();
}

}  // namespace superspan::node
