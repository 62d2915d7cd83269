// SPDX-License-Identifier: Apache-2.0
// Any bytes, in pieces of a size that the first byte chooses, through both readers: no crash, and a request that is
// parsed in one piece is parsed the same in many.
#include "http/reader.h"

#include <cstdint>
#include <cstdlib>

namespace {

using superspan::http::Progress;

template <typename Reader>
Progress::State feed_all(Reader& reader, std::string_view bytes, std::size_t piece) {
  std::string pending;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    pending += bytes.substr(at, piece);
    const Progress progress = reader.feed(pending);
    if (progress.consumed > pending.size()) std::abort();
    pending.erase(0, progress.consumed);
    if (progress.state != Progress::State::kMore) return progress.state;
  }
  return Progress::State::kMore;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(data + 1, data + size);
  superspan::http::RequestReader whole(8192, 1 << 16);
  superspan::http::RequestReader pieces(8192, 1 << 16);
  const auto state = feed_all(whole, bytes, bytes.size() + 1);
  if (state == Progress::State::kDone) {
    if (feed_all(pieces, bytes, data[0] + 1U) != Progress::State::kDone) std::abort();
    const auto request = whole.take();
    const auto same = pieces.take();
    if (request.has_value() != same.has_value() || (request && request->body != same->body)) std::abort();
  }
  superspan::http::ResponseReader response(1 << 16);
  feed_all(response, bytes, data[0] + 1U);
  if (response.header_done()) (void)response.take();
  return 0;
}
