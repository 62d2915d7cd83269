// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/inventory_json.h"

namespace superspan::api {

const char* port_state(const Controller& controller, fabric::Attachment where) {
  const auto* info = controller.switch_info(controller.topology().switches()[where.at].datapath);
  if (info == nullptr) return "unknown";
  const auto port = std::ranges::find(info->ports, where.port, &openflow::Port::number);
  if (port == info->ports.end()) return "missing";
  return port->link_down || port->admin_down ? "down" : "up";
}

}  // namespace superspan::api
