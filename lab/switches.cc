// SPDX-License-Identifier: Apache-2.0
#include "lab/switches.h"

#include <fmt/format.h>

#include <future>

#include "lab/receive_buffer.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr const char* kSchema = "/usr/share/openvswitch/vswitch.ovsschema";
constexpr unsigned kOpenFlowPort = 6653;
constexpr int kReadyTries = 250;  // of 20 ms

std::string socket_of(const path& folder) {
  return "unix:" + (folder / "db.sock").string();
}

// ovs-vsctl prints one "name ofport error" row a port; an ofport of -1 or a text in error means that it did not come
// up.
Status check_ports(const PlannedSwitch& planned, const path& folder) {
  const auto rows = run({"ovs-vsctl", "--db=" + socket_of(folder), "--format=csv", "--no-headings",
                         "--columns=name,ofport,error", "list", "Interface"});
  if (!rows) return std::unexpected(rows.error());
  for (const SwitchPort& port : planned.ports) {
    if (rows->find(fmt::format("{},{},", port.device, port.number)) != std::string::npos) continue;
    return base::fail(ErrorCode::kInternal, fmt::format("{} did not give port {} to device {}; it has:\n{}",
                                                        planned.fabric_switch.name, port.number, port.device, *rows));
  }
  return {};
}

Status wait_for_socket(const path& socket) {
  std::error_code ignored;
  for (int attempt = 0; attempt < kReadyTries; ++attempt) {
    if (std::filesystem::exists(socket, ignored)) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return base::fail(ErrorCode::kTimeout, fmt::format("{} did not appear", socket.string()));
}

// Without DPDK, each round of the main loop of ovs-vswitchd allocates and frees 32 buffers a port. glibc would give
// that memory back to the kernel and ask for it again, thousands of times a second: most of a core for 4,000 packets/s.
const std::vector<std::string> kKeepMemory = {"MALLOC_TRIM_THRESHOLD_=134217728", "MALLOC_TOP_PAD_=16777216",
                                              "MALLOC_MMAP_THRESHOLD_=134217728"};

base::Result<ProcessId> start_daemons(const PlannedSwitch& planned, const path& folder, Journal& journal) {
  const std::string& name = planned.fabric_switch.name;
  std::vector<std::string> environment = {"OVS_RUNDIR=" + folder.string(), "OVS_LOGDIR=" + folder.string(),
                                          "OVS_DBDIR=" + folder.string()};
  const auto control = [&](const char* file) { return fmt::format("--unixctl={}", (folder / file).string()); };
  const DaemonSpec database{name + "/ovsdb-server",
                            planned.network_namespace,
                            {"ovsdb-server", (folder / "conf.db").string(), "--remote=p" + socket_of(folder),
                             control("db.ctl"), "-vconsole:warn"},
                            environment,
                            folder / "ovsdb-server.log"};
  if (auto started = journal.start(database); !started) return std::unexpected(started.error());
  if (auto ready = wait_for_socket(folder / "db.sock"); !ready) return std::unexpected(ready.error());
  environment.insert(environment.end(), kKeepMemory.begin(), kKeepMemory.end());
  const DaemonSpec forwarder{
      name + "/ovs-vswitchd",
      planned.network_namespace,
      {"ovs-vswitchd", socket_of(folder), control("vswitchd.ctl"), "--disable-system", "-vconsole:warn"},
      environment,
      folder / "ovs-vswitchd.log"};
  return journal.start(forwarder);
}

// With all ports there.
Status check_and_widen(const PlannedSwitch& planned, const path& folder, ProcessId forwarder) {
  if (auto there = check_ports(planned, folder); !there) return there;
  return widen_receive_buffers(forwarder);
}

Status configure(const PlannedSwitch& planned, const path& folder, ProcessId forwarder) {
  const auto configured = run(switch_configuration(planned, folder / "db.sock"));
  if (!configured) return std::unexpected(configured.error());
  return check_and_widen(planned, folder, forwarder);
}

Status start_switch(const PlannedSwitch& planned, const path& empty_database, const path& folder, Journal& journal) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::copy_file(empty_database, folder / "conf.db", error);
  if (error)
    return base::fail(ErrorCode::kInternal, fmt::format("cannot prepare {}: {}", folder.string(), error.message()));
  const auto forwarder = start_daemons(planned, folder, journal);
  Status done = forwarder ? configure(planned, folder, *forwarder) : std::unexpected(forwarder.error());
  if (done) return done;
  base::Error failure = done.error();
  failure.place = planned.fabric_switch.name;
  for (const char* log : {"ovsdb-server.log", "ovs-vswitchd.log"}) {
    if (const auto lines = last_lines(folder / log, 5); !lines.empty())
      failure.message += fmt::format("\n{}:\n{}", log, lines);
  }
  return std::unexpected(std::move(failure));
}

}  // namespace

Arguments switch_configuration(const PlannedSwitch& planned, const path& database) {
  const FabricSwitch& fabric = planned.fabric_switch;
  // --retry: the socket is there a moment before somebody listens on it.
  Arguments out = {"ovs-vsctl", "--retry", "--timeout=15", "--db=unix:" + database.string(), "--", "init"};
  const auto add = [&](std::initializer_list<std::string> words) {
    out.emplace_back("--");
    out.insert(out.end(), words);
  };
  add({"set", "Open_vSwitch", ".", fmt::format("other_config:vlan-limit={}", fabric.vlan_limit)});
  add({"add-br", fabric.name});
  // disable-in-band: no hidden flows; the controller is reached over the management network only.
  add({"set", "Bridge", fabric.name, "datapath_type=netdev", "fail_mode=secure",
       "protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15", "other_config:datapath-id=" + fabric.datapath,
       "other_config:disable-in-band=true"});
  for (const SwitchPort& port : planned.ports) {
    add({"add-port", fabric.name, port.device});
    add({"set", "Interface", port.device, fmt::format("ofport_request={}", port.number)});
  }
  // Units of OVS: milliseconds. Fast, because a lab is for people who wait and for tests that pull cables.
  add({"--id=@controller", "create", "Controller",
       fmt::format("target=\"tcp:{}:{}\"", kManagementAddress, kOpenFlowPort), "connection_mode=out-of-band",
       "inactivity_probe=3000", "max_backoff=1000"});
  add({"set", "Bridge", fabric.name, "controller=@controller"});
  return out;
}

Status settle_switch(const PlannedSwitch& planned, const path& folder, ProcessId forwarder) {
  // ovs-vsctl returns when the change is in force; a change of any kind, so that there is something to wait for.
  const auto settled = run({"ovs-vsctl", "--timeout=15", "--db=" + socket_of(folder), "set", "Open_vSwitch", ".",
                            fmt::format("external_ids:process={}", forwarder.pid)});
  if (!settled) return std::unexpected(settled.error());
  return check_and_widen(planned, folder, forwarder);
}

Status start_switches(const Plan& plan, const path& run_dir, Journal& journal) {
  const path empty_database = run_dir / "empty.db";
  if (auto made = run({"ovsdb-tool", "create", empty_database.string(), kSchema}); !made)
    return std::unexpected(made.error());
  std::vector<std::future<Status>> starts;
  starts.reserve(plan.switches.size());
  for (const PlannedSwitch& planned : plan.switches) {
    starts.push_back(std::async(std::launch::async, [&] {
      return start_switch(planned, empty_database, run_dir / planned.fabric_switch.name, journal);
    }));
  }
  Status first;
  for (auto& start : starts) {
    Status status = start.get();
    if (first && !status) first = std::move(status);
  }
  return first;
}

}  // namespace superspan::lab
