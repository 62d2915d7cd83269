// SPDX-License-Identifier: Apache-2.0
// Small words for tests of the node: frames, assignments, a reader of streams that can be slow.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "http/stream.h"
#include "net/nsh.h"
#include "node/assignment.h"

namespace superspan::node::test {

using base::testing::seed;

inline base::Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

// IPv4 UDP frame of exactly `bytes` (at least 42) from 10.0.0.1 to 10.0.0.2.
inline base::Bytes udp_frame(std::uint16_t source_port, std::uint16_t destination_port, std::size_t bytes = 64) {
  base::ByteWriter out;
  out.be32(0x02000000);
  out.be32(0x00020200);
  out.be32(0x00000001);
  out.be16(0x0800);
  out.be16(0x4500);
  out.be16(static_cast<std::uint16_t>(bytes - 14));
  out.be32(0);
  out.be16(0x4011);
  out.be16(0);
  out.be32(0x0a000001);
  out.be32(0x0a000002);
  out.be16(source_port);
  out.be16(destination_port);
  out.be16(static_cast<std::uint16_t>(bytes - 34));
  out.be16(0);
  out.zeros(bytes - out.size());
  return out.take();
}

struct CopySpec {
  std::uint64_t bits = 1;
  std::uint32_t tap = 1;
  std::uint32_t epoch = 7;
  std::uint32_t service_path = 1;
};

inline base::Bytes fabric_frame(const base::Bytes& original, const CopySpec& copy = {}) {
  net::FabricHeader header;
  header.service_path = copy.service_path;
  header.tap = copy.tap;
  header.epoch = copy.epoch;
  header.policies = copy.bits;
  return net::make_fabric_frame(header, original);
}

// Policy `name` on bit `bit` of service path 1, since epoch 7.
inline AssignedPolicy policy(std::string name, std::uint32_t bit, std::uint32_t number = 0) {
  AssignedPolicy assigned;
  assigned.number = number == 0 ? bit + 1 : number;
  assigned.name = std::move(name);
  assigned.service_path = 1;
  assigned.bit = bit;
  assigned.from_epoch = 7;
  assigned.expression = "udp";
  return assigned;
}

inline AssignedPolicy recorded(std::string name, std::uint32_t bit, std::uint32_t number = 0) {
  AssignedPolicy assigned = policy(std::move(name), bit, number);
  assigned.record = true;
  return assigned;
}

inline Assignment assignment(std::vector<AssignedPolicy> policies, std::uint64_t revision = 1) {
  return {
      "controller1", revision, 7, {{1, "leaf1-spine1", "leaf1 uplink"}, {2, "leaf2-spine1", ""}}, std::move(policies)};
}

// A connection that takes as much as the test lets it.
class FakeReader final : public http::ResponseStream {
 public:
  std::string body;
  std::size_t room = ~std::size_t{0};  // bytes that it still takes
  bool finished = false;
  bool aborted = false;
  bool gone = false;

  bool write(std::string chunk) override {
    if (closed() || chunk.size() > room) return false;
    room -= chunk.size();
    body += chunk;
    return true;
  }
  void finish() override { finished = true; }
  void abort() override { aborted = true; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool closed() const override { return finished || aborted || gone; }
  void on_drained(std::function<void()>) override {}
  void on_closed(std::function<void()>) override {}
};

}  // namespace superspan::node::test
