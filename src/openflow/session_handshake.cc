// SPDX-License-Identifier: Apache-2.0
// From hello to ready: one question at a time, one state for each.
#include <algorithm>

#include "openflow/session_impl.h"

namespace superspan::openflow {
namespace {

using base::ErrorCode;

constexpr std::uint32_t kProbeBundle = 1;

base::Error make_error(ErrorCode code, std::string message) {
  return {code, std::move(message), {}, {}, std::nullopt};
}

bool is_open_vswitch(const SwitchInfo& info) {
  return info.hardware == "Open vSwitch" || info.manufacturer.starts_with("Nicira");
}

}  // namespace

void Session::Impl::on_hello(const Header& header, const Hello& hello) {
  if (state != State::kHello) return;  // a second one says nothing new
  // OpenFlow 1.5.1 section 6.3.1: with bitmaps on both sides the highest common version, else the lower of the two
  // header versions.
  std::optional<Version> chosen;
  for (const Version version : options_.versions) {
    const auto number = static_cast<std::uint8_t>(version);
    if ((hello.versions >> number & 1) == 0) continue;
    if (!chosen || version > *chosen) chosen = version;
  }
  const Version ours = options_.versions.empty() ? Version::k10 : std::ranges::max(options_.versions);
  const auto lower = std::min(header.version, static_cast<std::uint8_t>(ours));
  if (!hello.has_bitmap && chosen && static_cast<std::uint8_t>(*chosen) != lower) chosen.reset();
  if (!chosen) {
    std::string text = "superspan speaks";
    for (const Version version : options_.versions) text += std::string(" ") + to_string(version) + ",";
    text.back() = ';';
    return negotiate_failed(ours, text + " the switch offers none of them");
  }
  info.version = *chosen;
  encoder_ = Encoder(*chosen, false);
  negotiated_ = true;
  last_echo_ = now_;
  enter(State::kFeatures);
}

void Session::Impl::negotiate_failed(Version version, const std::string& text) {
  Encoder::hello_failed(control(), next_xid(), version, text);
  close(make_error(ErrorCode::kUnavailable, text));
}

// Sends the question of the next state, or skips the state where the version has no such question.
void Session::Impl::enter(State next) {
  const bool modern = info.version != Version::k10;
  if (!modern && next == State::kPorts) next = State::kConfig;
  if (!modern && next == State::kBundles) {
    encoder_ = Encoder(info.version, info.nicira);
    if (info.nicira) encoder_.enable_table_ids(control(), next_xid());
    next = State::kReady;
  }
  state = next;
  awaited_ = next_xid();
  switch (next) {
    case State::kFeatures:
      return encoder_.features_request(control(), awaited_);
    case State::kDescription:
      return encoder_.description_request(control(), awaited_);
    case State::kPorts:
      return encoder_.ports_request(control(), awaited_);
    case State::kTables:
      return encoder_.table_features_request(control(), awaited_);
    case State::kConfig:
      encoder_.set_config(control(), next_xid(), options_.match_fragments && is_open_vswitch(info));
      return encoder_.config_request(control(), awaited_);
    case State::kRole:
      return encoder_.role_request(control(), awaited_, options_.role, options_.generation_id);
    case State::kBundles:
      return encoder_.bundle_control(control(), awaited_, kProbeBundle, BundleStep::kOpen);
    case State::kReady:
      info.nicira = info.nicira || modern;
      events.emplace_back(SessionReady{});
      return;
    case State::kHello:
    case State::kClosed:
      return;
  }
}

void Session::Impl::on_features(FeaturesReply reply) {
  if (reply.auxiliary_id != 0) {
    return close(make_error(ErrorCode::kDenied, "auxiliary connections are not used"));
  }
  info.datapath = reply.datapath;
  info.table_count = reply.table_count;
  info.ports = std::move(reply.ports);
  std::ranges::sort(info.ports, {}, &Port::number);
  enter(State::kDescription);
}

void Session::Impl::on_description(const DescriptionReply& reply) {
  info.manufacturer = reply.manufacturer;
  info.hardware = reply.hardware;
  info.software = reply.software;
  info.serial = reply.serial;
  enter(State::kPorts);
}

void Session::Impl::on_ports(PortsReply reply) {
  std::ranges::move(reply.items, std::back_inserter(info.ports));
  if (info.ports.size() > options_.limits.ports) {
    return close(make_error(ErrorCode::kLimit, "the switch has too many ports"));
  }
  if (reply.more) return;
  std::ranges::sort(info.ports, {}, &Port::number);
  enter(State::kTables);
}

void Session::Impl::on_tables(TableFeaturesReply reply) {
  for (Table& table : reply.items) {
    const auto at = std::ranges::lower_bound(info.tables, table.id, {}, &Table::id);
    if (at == info.tables.end() || at->id != table.id) info.tables.insert(at, std::move(table));
  }
  if (!reply.more) enter(State::kConfig);
}

void Session::Impl::on_config(const ConfigReply& reply) {
  info.matches_fragments = reply.matches_fragments;
  enter(State::kRole);
}

void Session::Impl::on_role(const RoleReply& reply) {
  info.nicira = true;
  info.role = reply.role;
  if (reply.role != options_.role) {
    return close(make_error(ErrorCode::kDenied, std::string("the switch gives us role ") + to_string(reply.role)));
  }
  enter(State::kBundles);
}

void Session::Impl::on_bundle_probe(const BundleReply& reply) {
  if (reply.type == static_cast<std::uint16_t>(BundleStep::kOpen) + 1) {
    info.bundles = true;
    awaited_ = next_xid();
    return encoder_.bundle_control(control(), awaited_, kProbeBundle, BundleStep::kDiscard);
  }
  enter(State::kReady);
}

void Session::Impl::on_handshake_error(const ErrorReply& error) {
  switch (state) {
    case State::kDescription:
      return enter(State::kPorts);
    case State::kTables:
      return enter(State::kConfig);
    case State::kConfig:
      return enter(State::kRole);
    case State::kRole:
      if (options_.role == Role::kEqual) return enter(State::kBundles);
      return close(make_error(ErrorCode::kDenied, std::string("the switch refuses us role ") +
                                                      to_string(options_.role) + ": " + error.name));
    case State::kBundles:
      info.bundles = false;
      return enter(State::kReady);
    default:
      return close(make_error(ErrorCode::kUnavailable, "the switch refuses the handshake: " + error.name));
  }
}

}  // namespace superspan::openflow
