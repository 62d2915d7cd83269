// SPDX-License-Identifier: Apache-2.0
#include "node/io/memory_input.h"

#include <pcap/pcap.h>

#include <array>
#include <memory>
#include <utility>

namespace superspan::node {

MemoryInput::MemoryInput(std::vector<base::Bytes> frames, std::size_t burst)
    : frames_(std::move(frames)), burst_frames_(burst) {
  burst_.reserve(burst);
}

std::span<const InputFrame> MemoryInput::receive() {
  burst_.clear();
  while (next_ < frames_.size() && burst_.size() < burst_frames_) burst_.push_back({frames_[next_++], false});
  return burst_;
}

base::Result<std::vector<base::Bytes>> read_frames(const std::filesystem::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> capture(::pcap_open_offline(file.c_str(), message.data()),
                                                           ::pcap_close);
  if (!capture) return base::fail(base::ErrorCode::kNotFound, message.data(), "", file.string());
  if (::pcap_datalink(capture.get()) != DLT_EN10MB) {
    return base::fail(base::ErrorCode::kInvalid, "not a capture of Ethernet frames", "", file.string());
  }
  std::vector<base::Bytes> frames;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int result = 0;
  while ((result = ::pcap_next_ex(capture.get(), &header, &bytes)) == 1) {
    const base::BytesView frame = std::as_bytes(std::span(bytes, header->caplen));
    frames.emplace_back(frame.begin(), frame.end());
  }
  if (result == PCAP_ERROR) {
    return base::fail(base::ErrorCode::kInvalid, ::pcap_geterr(capture.get()), "", file.string());
  }
  return frames;
}

}  // namespace superspan::node
