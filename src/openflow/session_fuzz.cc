// SPDX-License-Identifier: Apache-2.0
// Bytes -> Session. The first byte picks the version and what we ask before the bytes arrive; then the input is cut
// into reads of varying size, with ticks between. Nothing may crash, and the session may not grow beyond its limits.
#include <cstdint>
#include <cstdlib>

#include "openflow/codec.h"
#include "openflow/session.h"

namespace {

using namespace superspan;
using namespace superspan::openflow;

base::Bytes hello(std::uint8_t version) {
  return {std::byte{version}, std::byte{0}, std::byte{0}, std::byte{8},
          std::byte{0},       std::byte{0}, std::byte{0}, std::byte{1}};
}

void ask(Session& session) {
  if (!session.ready()) return;
  (void)session.dump_flows();
  (void)session.port_statistics();
  (void)session.table_statistics();
  (void)session.send({{FlowMod{}, FlowMod{}}, {}, true});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr std::uint8_t kVersions[] = {1, 4, 5, 6};
  SessionOptions options;
  options.limits.reply_bytes = 4096;
  options.limits.dumped_flows = 100;
  base::SteadyTime now{};
  Session session(options, now);
  if ((data[0] & 4) != 0) session.receive(hello(kVersions[data[0] & 3]), now);
  base::BytesView rest = base::as_bytes({data + 2, size - 2});
  const std::size_t step = 1 + data[1];
  base::Bytes out;
  bool asked = false;
  while (!rest.empty() && !session.closed()) {
    const std::size_t count = std::min(step, rest.size());
    session.receive(rest.first(count), now);
    rest = rest.subspan(count);
    now += std::chrono::milliseconds(data[0]);
    session.tick(now);
    if (session.ready() && !asked) {
      asked = true;
      ask(session);
    }
    out.clear();
    session.produce(out, 1 << 16);
    if (out.size() > (1 << 20)) std::abort();
    (void)session.take_events();
  }
  session.close({base::ErrorCode::kUnavailable, "end", {}, {}, std::nullopt});
  (void)session.take_events();

  // Every message by itself, whatever state it needs.
  static Decoder decoder;
  (void)decoder.decode(base::as_bytes({data, size}));
  return 0;
}
