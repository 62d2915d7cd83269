// SPDX-License-Identifier: Apache-2.0
#include "openflow/message.h"

namespace superspan::openflow {
namespace {

const char* name(GroupCommand command) {
  switch (command) {
    case GroupCommand::kAdd:
      return "add";
    case GroupCommand::kModify:
      return "modify";
    case GroupCommand::kDelete:
      return "delete";
  }
  return "";
}

const char* name(GroupType type) {
  switch (type) {
    case GroupType::kAll:
      return "all";
    case GroupType::kSelect:
      return "select";
    case GroupType::kIndirect:
      return "indirect";
    case GroupType::kFastFailover:
      return "fast_failover";
  }
  return "";
}

}  // namespace

const char* to_string(Version version) {
  switch (version) {
    case Version::k10:
      return "OpenFlow 1.0";
    case Version::k13:
      return "OpenFlow 1.3";
    case Version::k14:
      return "OpenFlow 1.4";
    case Version::k15:
      return "OpenFlow 1.5";
  }
  return "";
}

const char* to_string(Role role) {
  switch (role) {
    case Role::kEqual:
      return "equal";
    case Role::kMaster:
      return "master";
    case Role::kSlave:
      return "slave";
  }
  return "";
}

std::string to_string(const GroupMod& mod) {
  std::string text = std::string(name(mod.command)) + " group_id=" + std::to_string(mod.group);
  if (mod.command == GroupCommand::kDelete) return text;
  text += std::string(",type=") + name(mod.type);
  for (const Bucket& bucket : mod.buckets) {
    text += ",bucket=";
    if (bucket.weight != 0) text += "weight:" + std::to_string(bucket.weight) + ",";
    if (bucket.watch_port) text += "watch_port:" + std::to_string(*bucket.watch_port) + ",";
    text += "actions=";
    bool first = true;
    for (const Action& action : bucket.actions) {
      text += (first ? "" : ",") + to_string(action);
      first = false;
    }
  }
  return text;
}

}  // namespace superspan::openflow
