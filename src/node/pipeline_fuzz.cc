// SPDX-License-Identifier: Apache-2.0
// Any bytes from the port -> pipeline -> buffers. Input: frames, each behind its length in two bytes.
#include <cstdlib>

#include "node/pipeline.h"
#include "node/sinks/run_source.h"
#include "recorder/capture_writer.h"

namespace {

using namespace superspan;

node::AssignedPolicy policy(std::uint32_t bit) {
  node::AssignedPolicy assigned;
  assigned.name = "fuzz";
  assigned.service_path = 1;
  assigned.bit = bit;
  assigned.record = true;
  assigned.stream = bit % 2 == 0;
  assigned.snaplen = bit == 1 ? 20 : 0;
  assigned.residual = bit == 2 ? "udp port 53 or (vlan and tcp[13] & 2 != 0)" : "";
  assigned.limit_bytes = bit == 3 ? 1000 : 0;
  return assigned;
}

// Made once: a run's memory is larger than any input.
struct Bench {
  Bench() {
    for (std::uint32_t bit = 0; bit < 4; ++bit) {
      auto run = node::PolicyRun::create(policy(bit), {1 << 16, 1 << 16}, {}, 1);
      if (!run) std::abort();
      runs.push_back(std::move(*run));
      routes.push_back({runs.back(), bit});
    }
  }
  std::vector<std::shared_ptr<node::PolicyRun>> runs;
  std::vector<node::DispatchTable::Route> routes;
  node::DispatchTable table() { return {1, routes, std::make_shared<node::TapDirectory>()}; }
};

void drain(node::PacketRing* ring, recorder::CaptureWriter& writer) {
  if (ring == nullptr) return;
  ring->drain(1 << 20,
              [&](const node::PacketMeta& meta, base::BytesView bytes) { writer.packet(node::captured(meta, bytes)); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Bench bench;
  static const node::DispatchTable table = bench.table();
  static node::Pipeline pipeline;
  static const node::SharedTaps taps;
  static const node::Counter drops;
  base::ByteReader reader(std::as_bytes(std::span(data, size)));
  std::vector<node::InputFrame> frames;
  while (reader.ok() && reader.remaining() > 0) frames.push_back({reader.take(reader.be16()), false});
  pipeline.process(frames, {}, table);
  for (const auto& run : bench.runs) {
    node::RunSource source(run, taps, drops, node::RunSource::Sink::kRecord);
    recorder::CaptureWriter writer(node::capture_info(*run, "fuzz"), source, "record_queue_full");
    writer.begin({});
    drain(run->record_ring(), writer);
    drain(run->stream_ring(), writer);
    const node::PolicyCounters& count = run->counters;
    if (count.received.get() != count.residual.get() + count.limit.get() + count.accepted.get()) std::abort();
  }
  const node::FrameCounters& count = pipeline.counters;
  if (count.received.get() !=
      count.truncated.get() + count.not_fabric.get() + count.no_policy.get() + count.fabric.get()) {
    std::abort();
  }
  return 0;
}
