// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture, through the reader and out again: what is written must be readable, with as many packets.
#include <cstdlib>

#include "offline/capture_output.h"

namespace {

using superspan::base::BytesView;
namespace offline = superspan::offline;

struct Passed {
  superspan::base::Bytes written;
  std::uint64_t packets = 0;
  bool opened = false;
  bool whole = false;
};

Passed pass(BytesView input, offline::CaptureFormat format) {
  Passed passed;
  offline::MemorySource source(input);
  auto reader = offline::CaptureReader::open(source, "fuzz");
  if (!reader) return passed;
  passed.opened = true;
  const auto output = offline::make_output(format, *reader, "tcp");
  output->begin();
  offline::CaptureFrame frame;
  while (true) {
    const auto more = reader->next(frame);
    passed.whole = more && !*more;
    if (!more || !*more) break;
    if (frame.bytes.size() > input.size() || frame.interface >= reader->interfaces().size()) std::abort();
    output->add(frame);
  }
  output->end();
  passed.packets = reader->packets();
  passed.written = output->view();
  return passed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto format : {offline::CaptureFormat::kPcap, offline::CaptureFormat::kPcapng}) {
    const Passed first = pass(std::as_bytes(std::span(data, size)), format);
    if (!first.opened) continue;
    const Passed second = pass(first.written, format);
    if (!second.whole || second.packets != first.packets || second.written.size() < first.written.size()) std::abort();
  }
  return 0;
}
