// SPDX-License-Identifier: Apache-2.0
// Follows one packet through the real compiler, pipeline, simulator, fabric header parser and pcapng writer, and prints
// what docs/life-of-a-packet.md shows. Usage: life-of-a-packet tap | hits SWITCH | link | delivered | recorded
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "fabric/planner.h"
#include "fabric/switch_model.h"
#include "lab/frames.h"
#include "net/nsh.h"
#include "recorder/pcapng.h"

namespace superspan {
namespace {

constexpr const char* kFabricFile = "tests/docs/fabric.yaml";
constexpr std::uint32_t kEpoch = 7;

template <typename T>
T must(base::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << base::render(result.error()) << "\n";
  std::exit(1);
}

std::string hex(base::BytesView bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char* gap = at % 16 == 0 ? (at == 0 ? "" : "\n") : (at % 8 == 0 ? "  " : " ");
    text += fmt::format("{}{:02x}", gap, std::to_integer<unsigned>(bytes[at]));
  }
  return text + "\n";
}

base::Bytes dns_query() {
  lab::FrameSpec spec;
  spec.source = must(net::MacAddress::parse("02:53:50:00:00:01"));
  spec.destination = must(net::MacAddress::parse("02:53:50:00:00:02"));
  spec.source_ip = "10.1.1.2";
  spec.destination_ip = "10.1.5.2";
  spec.source_port = 40001;
  spec.destination_port = 53;
  spec.sequence = 1;
  return must(lab::make_frame(spec));
}

fabric::Policy policy(const std::string& name, std::uint32_t number, const std::string& expression,
                      const std::string& destination) {
  fabric::Policy policy;
  policy.name = name;
  policy.number = number;
  policy.slot = {0, static_cast<std::uint8_t>(number - 1)};
  policy.from_epoch = kEpoch;
  policy.compiled = std::make_shared<const policy::CompiledPolicy>(must(policy::compile(expression)));
  policy.tools = {destination};
  return policy;
}

class Journey {
 public:
  Journey() : topology_(load()), planner_(topology_) {
    const auto placed =
        must(planner_.place({policy("dns", 1, "udp port 53", "t1"), policy("host1", 2, "host 10.1.1.2", "node1")}));
    const fabric::Wanted wanted = must(planner_.make(placed.policies, placed.policies, kEpoch));
    for (fabric::SwitchIndex at = 0; at < topology_.switches().size(); ++at) {
      switches_.emplace_back(topology_.switches()[at].vlan_limit);
      switches_.back().install(planner_.flows(wanted, at).flows());
    }
    travel(topology_.taps().front().where, frame_);
  }

  [[nodiscard]] const base::Bytes& frame() const { return frame_; }
  [[nodiscard]] const base::Bytes& link_frame() const { return link_frames_.front(); }
  [[nodiscard]] const std::map<std::string, base::Bytes>& delivered() const { return delivered_; }
  [[nodiscard]] std::string hits(const std::string& name) const {
    std::string text;
    for (const openflow::FlowStatistics& flow : switches_[*topology_.find_switch(name)].statistics()) {
      if (flow.packets != 0) text += openflow::to_string(flow.flow) + "\n";
    }
    return text;
  }
  [[nodiscard]] const fabric::Topology& topology() const { return topology_; }

 private:
  static fabric::Topology load() {
    std::ifstream file(kFabricFile);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return must(fabric::Topology::parse(text, kFabricFile));
  }

  void travel(fabric::Attachment where, const base::Bytes& frame) {
    for (const auto& sent : switches_[where.at].run(where.port, frame).sent) {
      const fabric::Attachment out{where.at, sent.port};
      const auto use = topology_.port(out);
      if (use->role == fabric::Topology::PortRole::kTool) delivered_[topology_.tools()[use->index].name] = sent.frame;
      if (use->role == fabric::Topology::PortRole::kNode) delivered_[topology_.nodes()[use->index].name] = sent.frame;
      if (use->role != fabric::Topology::PortRole::kLink) continue;
      link_frames_.push_back(sent.frame);
      const fabric::Link& link = topology_.links()[use->index];
      travel(link.from == out ? link.to : link.from, sent.frame);
    }
  }

  fabric::Topology topology_;
  fabric::Planner planner_;
  base::Bytes frame_ = dns_query();
  std::vector<fabric::SwitchModel> switches_;
  std::vector<base::Bytes> link_frames_;
  std::map<std::string, base::Bytes> delivered_;
};

std::string header_text(const net::FabricHeader& header) {
  return fmt::format("service path {}, tap {}, epoch {}, policies {:#x}\n", header.service_path, header.tap,
                     header.epoch, header.policies);
}

void print_delivered(const Journey& journey) {
  for (const auto& [name, frame] : journey.delivered()) {
    const auto copy = net::parse_fabric_frame(frame);
    const base::BytesView original = copy ? copy->original : base::BytesView(frame);
    const bool same = std::ranges::equal(original, journey.frame());
    fmt::print("{}: {} bytes; {}the original frame is {}\n", name, frame.size(),
               copy ? header_text(copy->header) + "  " : "", same ? "identical" : "DIFFERENT");
  }
}

void print_recorded(const Journey& journey) {
  const auto copy = *net::parse_fabric_frame(journey.delivered().at("node1"));
  recorder::PcapngWriter writer;
  writer.section("policy host1: host 10.1.1.2", "superspan");
  const fabric::Tap& tap = journey.topology().taps().front();
  const std::uint32_t interface = writer.interface({tap.name, tap.description, "", 0});
  writer.clear();
  recorder::PacketBlock block;
  block.interface = interface;
  block.time = base::WallTime(std::chrono::seconds(1'700'000'000));
  block.original_length = static_cast<std::uint32_t>(copy.original.size());
  block.comment = "epoch 7, policy host1";
  block.bytes = copy.original;
  writer.packet(block);
  fmt::print("{}", hex(writer.view()));
}

int run(const std::vector<std::string>& arguments) {
  const Journey journey;
  const std::string what = arguments.empty() ? "" : arguments.front();
  if (what == "tap") {
    fmt::print("{}", hex(journey.frame()));
  } else if (what == "hits" && arguments.size() == 2 && journey.topology().find_switch(arguments[1])) {
    fmt::print("{}", journey.hits(arguments[1]));
  } else if (what == "link") {
    fmt::print("{}{}", header_text(net::parse_fabric_frame(journey.link_frame())->header), hex(journey.link_frame()));
  } else if (what == "delivered") {
    print_delivered(journey);
  } else if (what == "recorded") {
    print_recorded(journey);
  } else {
    fmt::print(stderr, "usage: life-of-a-packet tap | hits SWITCH | link | delivered | recorded\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace superspan

int main(int argc, char** argv) {
  return superspan::run({argv + 1, argv + argc});
}
