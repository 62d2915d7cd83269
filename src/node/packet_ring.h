// SPDX-License-Identifier: Apache-2.0
// A bounded queue of packets with their bytes between one producer and one consumer, without locks. A full ring
// refuses; the producer counts the loss. Memory is reserved at once but only touched as far as packets go.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace superspan::node {

// What travels with the bytes of a packet.
struct PacketMeta {
  std::int64_t time_ns = 0;  // wall clock
  std::uint32_t tap = 0;
  std::uint32_t epoch = 0;
  std::uint32_t original_length = 0;
  std::uint64_t lost_so_far = 0;  // packets of this tap that this ring refused, up to this one
};

class PacketRing {
 public:
  // `capacity` is rounded up to a power of two, at least 64 KiB. kUnavailable if there is no address space.
  [[nodiscard]] static base::Result<std::unique_ptr<PacketRing>> create(std::size_t capacity);
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;
  ~PacketRing();

  // Producer. False, and nothing is kept, if the packet does not fit now.
  bool push(const PacketMeta& meta, base::BytesView bytes);

  // Consumer. Calls visit(const PacketMeta&, BytesView) for waiting packets in order until about `limit` bytes were
  // taken; their room is free again when it returns. Returns the number of packets.
  template <typename Visit>
  std::size_t drain(std::size_t limit, Visit&& visit);

  [[nodiscard]] bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t used() const {
    return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire);
  }

 private:
  // Precedes the bytes of each packet. size == kWrap: go on at the start of the memory.
  struct Header {
    std::uint32_t size = 0;  // header, bytes and padding
    std::uint32_t bytes = 0;
    PacketMeta meta;
  };
  static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) % 8 == 0);
  static constexpr std::uint32_t kWrap = 0xffffffff;

  PacketRing(std::byte* memory, std::size_t capacity) : memory_(memory), capacity_(capacity) {}
  [[nodiscard]] std::size_t at(std::uint64_t position) const { return position & (capacity_ - 1); }

  std::byte* memory_;
  std::size_t capacity_;                            // power of two
  alignas(64) std::atomic<std::uint64_t> head_{0};  // bytes ever pushed
  std::uint64_t tail_seen_ = 0;                     // producer's last look at tail_
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // bytes ever taken
};

template <typename Visit>
std::size_t PacketRing::drain(std::size_t limit, Visit&& visit) {
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  const std::uint64_t start = tail_.load(std::memory_order_relaxed);
  std::uint64_t tail = start;
  std::size_t packets = 0;
  while (tail != head && tail - start < limit) {
    Header header;
    std::memcpy(&header.size, memory_ + at(tail), sizeof(header.size));
    if (header.size == kWrap) {
      tail += capacity_ - at(tail);
      continue;
    }
    std::memcpy(&header, memory_ + at(tail), sizeof(header));
    visit(header.meta, base::BytesView(memory_ + at(tail) + sizeof(header), header.bytes));
    tail += header.size;
    ++packets;
  }
  tail_.store(tail, std::memory_order_release);
  return packets;
}

}  // namespace superspan::node
