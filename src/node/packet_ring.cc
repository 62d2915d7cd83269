// SPDX-License-Identifier: Apache-2.0
#include "node/packet_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>

namespace superspan::node {

base::Result<std::unique_ptr<PacketRing>> PacketRing::create(std::size_t capacity) {
  capacity = std::bit_ceil(std::max(capacity, std::size_t{64} * 1024));
  void* memory = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return base::fail(base::ErrorCode::kUnavailable, "no memory for a packet buffer",
                      "end some policies on this node, or give it more memory");
  }
  return std::unique_ptr<PacketRing>(new PacketRing(static_cast<std::byte*>(memory), capacity));
}

PacketRing::~PacketRing() {
  ::munmap(memory_, capacity_);
}

bool PacketRing::push(const PacketMeta& meta, base::BytesView bytes) {
  const std::size_t size = (sizeof(Header) + bytes.size() + 7) / 8 * 8;
  std::uint64_t head = head_.load(std::memory_order_relaxed);
  const std::size_t to_end = capacity_ - at(head);
  const std::size_t needed = size <= to_end ? size : size + to_end;
  if (capacity_ - (head - tail_seen_) < needed) {
    tail_seen_ = tail_.load(std::memory_order_acquire);
    if (capacity_ - (head - tail_seen_) < needed) return false;
  }
  if (size > to_end) {  // sizes are multiples of 8, so there is room for the mark
    std::memcpy(memory_ + at(head), &kWrap, sizeof(kWrap));
    head += to_end;
  }
  const Header header{static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(bytes.size()), meta};
  std::memcpy(memory_ + at(head), &header, sizeof(header));
  if (!bytes.empty()) std::memcpy(memory_ + at(head) + sizeof(header), bytes.data(), bytes.size());
  head_.store(head + size, std::memory_order_release);
  return true;
}

}  // namespace superspan::node
