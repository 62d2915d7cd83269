// SPDX-License-Identifier: Apache-2.0
// Any bytes as a fabric file: an error with a message and a place in the text, or a topology in which everything is
// found by its name and its port.
#include <cstdlib>
#include <string_view>

#include "fabric/topology.h"

namespace {

using superspan::fabric::Attachment;
using superspan::fabric::Topology;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_port(const Topology& topology, Attachment where, Topology::PortRole role, std::size_t index) {
  require(where.at < topology.switches().size());
  const auto use = topology.port(where);
  require(use && use->role == role && use->index == index);
}

void check(const Topology& topology) {
  for (std::size_t index = 0; index < topology.switches().size(); ++index) {
    require(topology.find_switch(topology.switches()[index].name) == index);
    require(topology.find_switch(topology.switches()[index].datapath) == index);
  }
  for (std::size_t index = 0; index < topology.taps().size(); ++index) {
    require(topology.taps()[index].id != 0);
    require(topology.find_tap(topology.taps()[index].name) == index);
    require_port(topology, topology.taps()[index].where, Topology::PortRole::kTap, index);
  }
  for (std::size_t index = 0; index < topology.tools().size(); ++index) {
    require(topology.find_destination(topology.tools()[index].name).has_value());
    require_port(topology, topology.tools()[index].where, Topology::PortRole::kTool, index);
  }
  for (std::size_t index = 0; index < topology.nodes().size(); ++index) {
    require(topology.find_destination(topology.nodes()[index].name).has_value());
    require_port(topology, topology.nodes()[index].where, Topology::PortRole::kNode, index);
  }
  for (std::size_t index = 0; index < topology.links().size(); ++index) {
    require_port(topology, topology.links()[index].from, Topology::PortRole::kLink, index);
    require_port(topology, topology.links()[index].to, Topology::PortRole::kLink, index);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto topology = Topology::parse(text, "fabric.yaml");
  if (topology) {
    check(*topology);
  } else {
    require(!topology.error().message.empty());
    (void)superspan::base::render(topology.error());
  }
  return 0;
}
