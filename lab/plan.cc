// SPDX-License-Identifier: Apache-2.0
#include "lab/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace superspan::lab {
namespace {

constexpr unsigned kProductionMtu = 1500;
constexpr unsigned kFabricMtu = 9000;  // the fabric header adds 38 bytes to a full frame
// Room for the fabric header, and below the limit of one page that native XDP sets to a veth.
constexpr unsigned kNodeMtu = 3000;

std::string space(const std::string& name) {
  return "ss-" + name;
}

class Planner {
 public:
  explicit Planner(const Topology& topology) : topology_(topology), production_(topology.production) {}

  Plan make() {
    add_production_namespaces();
    for (unsigned leaf = 1; leaf <= production_.leaves; ++leaf) add_leaf(leaf);
    for (unsigned spine = 1; spine <= production_.spines; ++spine) add_spine_routes(spine);
    add_fabric();
    add_management();
    for (const auto& [numbers, hosts] : {std::pair{&production_.web, &plan_.web},
                                         {&production_.dns, &plan_.dns},
                                         {&production_.iperf3, &plan_.iperf3}}) {
      for (const unsigned number : *numbers) hosts->push_back(plan_.hosts[number - 1]);
    }
    return std::move(plan_);
  }

 private:
  void add_namespace(const std::string& name, std::string about, bool router = false) {
    plan_.namespaces.push_back({space(name), std::move(about), router});
  }

  // Locally administered, the same in each run: 02:53:50 ("SP"), then the number of the device.
  std::string next_mac() {
    ++devices_;
    return fmt::format("02:53:50:00:{:02x}:{:02x}", devices_ >> 8, devices_ & 0xff);
  }

  void add_production_namespaces() {
    for (unsigned spine = 1; spine <= production_.spines; ++spine) {
      add_namespace(fmt::format("spine{}", spine), fmt::format("spine, {} leaves", production_.leaves), true);
    }
    for (unsigned leaf = 1; leaf <= production_.leaves; ++leaf) {
      add_namespace(fmt::format("leaf{}", leaf),
                    fmt::format("leaf, {} uplinks, {} hosts", production_.spines, production_.hosts_per_leaf), true);
    }
    for (unsigned host = 1; host <= production_.hosts(); ++host) {
      add_namespace(fmt::format("host{}", host), fmt::format("host on leaf{}", leaf_of(host)));
    }
  }

  [[nodiscard]] unsigned leaf_of(unsigned host) const { return (host - 1) / production_.hosts_per_leaf + 1; }

  void add_leaf(unsigned leaf) {
    const std::string name = fmt::format("leaf{}", leaf);
    std::string ways4;
    std::string ways6;
    for (unsigned spine = 1; spine <= production_.spines; ++spine) {
      const std::string port = fmt::format("spine{}", spine);
      plan_.links.push_back(
          {{space(name),
            port,
            next_mac(),
            {fmt::format("10.0.{}.{}/31", spine, 2 * leaf + 1), fmt::format("fd00:0:{}:{}::2/64", spine, leaf)}},
           {space(port),
            name,
            next_mac(),
            {fmt::format("10.0.{}.{}/31", spine, 2 * leaf), fmt::format("fd00:0:{}:{}::1/64", spine, leaf)}},
           kProductionMtu});
      ways4 += fmt::format(" nexthop via 10.0.{}.{} dev {}", spine, 2 * leaf, port);
      ways6 += fmt::format(" nexthop via fd00:0:{}:{}::1 dev {}", spine, leaf, port);
    }
    plan_.routes[space(name)] = {"route add default" + ways4, "route add default" + ways6};
    const unsigned first = (leaf - 1) * production_.hosts_per_leaf + 1;
    for (unsigned host = first; host < first + production_.hosts_per_leaf; ++host) add_host(name, host);
  }

  void add_host(const std::string& leaf, unsigned number) {
    const std::string name = fmt::format("host{}", number);
    const Host host{
        number,     name,      space(name), fmt::format("10.1.{}.2", number), fmt::format("fd00:1:{}::2", number),
        next_mac(), next_mac()};
    plan_.links.push_back({{host.network_namespace, "eth0", host.mac, {host.ipv4 + "/24", host.ipv6 + "/64"}},
                           {space(leaf),
                            name,
                            host.gateway_mac,
                            {fmt::format("10.1.{}.1/24", number), fmt::format("fd00:1:{}::1/64", number)}},
                           kProductionMtu});
    plan_.routes[host.network_namespace] = {fmt::format("route add default via 10.1.{}.1", number),
                                            fmt::format("route add default via fd00:1:{}::1", number)};
    plan_.hosts.push_back(host);
  }

  void add_spine_routes(unsigned spine) {
    auto& routes = plan_.routes[space(fmt::format("spine{}", spine))];
    for (unsigned host = 1; host <= production_.hosts(); ++host) {
      const unsigned leaf = leaf_of(host);
      routes.push_back(fmt::format("route add 10.1.{}.0/24 via 10.0.{}.{}", host, spine, 2 * leaf + 1));
      routes.push_back(fmt::format("route add fd00:1:{}::/64 via fd00:0:{}:{}::2", host, spine, leaf));
    }
  }

  PlannedSwitch& find_switch(const std::string& name) {
    return *std::ranges::find(plan_.switches, name, [](const PlannedSwitch& item) { return item.fabric_switch.name; });
  }

  // A port of a fabric switch whose cable ends in `far`.
  void connect(const FabricPort& port, const std::string& device, Device far, unsigned mtu) {
    PlannedSwitch& owner = find_switch(port.switch_name);
    owner.ports.push_back({device, port.port});
    far.mac = next_mac();
    far.quiet = true;
    plan_.links.push_back({{owner.network_namespace, device, next_mac(), {}, true}, std::move(far), mtu});
  }

  void add_fabric() {
    for (const FabricSwitch& item : topology_.switches) {
      add_namespace(item.name, fmt::format("fabric switch, datapath {}", item.datapath));
      plan_.switches.push_back({item, space(item.name), {}});
    }
    add_namespace("tools", fmt::format("{} tool ports", topology_.tools.size()));
    for (const FabricPort& tap : topology_.taps) add_tap(tap);
    for (const FabricPort& tool : topology_.tools) {
      connect(tool, tool.name, {std::string(kToolsNamespace), tool.name, {}, {}}, kFabricMtu);
    }
    for (const FabricPort& node : topology_.nodes) {
      add_namespace(node.name, "superspan-node");
      plan_.nodes.push_back(node.name);
      connect(node, node.name, {space(node.name), std::string(kNodeDevice), {}, {}}, kNodeMtu);
    }
    for (const FabricLink& link : topology_.links) {
      const std::string device = fmt::format("core{}", link.to.port);
      find_switch(link.to.switch_name).ports.push_back({device, link.to.port});
      connect(link.from, fmt::format("core{}", link.from.port), {space(link.to.switch_name), device, {}, {}},
              kFabricMtu);
    }
  }

  // A tap of the fabric that no mirror feeds still gets its port: its far end waits in ss-tools.
  void add_tap(const FabricPort& tap) {
    const auto mirror = std::ranges::find(topology_.mirrors, tap.name, &Mirror::tap);
    if (mirror == topology_.mirrors.end()) {
      return connect(tap, tap.name, {std::string(kToolsNamespace), tap.name, {}, {}}, kFabricMtu);
    }
    const std::string copy = fmt::format("copy{}", plan_.mirrors.size() + 1);
    connect(tap, tap.name, {space(mirror->leaf), copy, {}, {}}, kFabricMtu);
    plan_.mirrors.push_back({space(mirror->leaf), mirror->port, copy});
  }

  void add_management() {
    add_namespace("mgmt", "management bridge of the fabric");
    plan_.links.push_back({{"", std::string(kManagementDevice), next_mac(), {fmt::format("{}/24", kManagementAddress)}},
                           {"ss-mgmt", "root0", next_mac(), {}, true},
                           kProductionMtu});
    for (std::size_t index = 0; index < plan_.switches.size(); ++index) {
      plan_.links.push_back(
          {{plan_.switches[index].network_namespace, "mgmt", next_mac(), {fmt::format("10.213.0.{}/24", 11 + index)}},
           {"ss-mgmt", fmt::format("switch{}", index + 1), next_mac(), {}, true},
           kProductionMtu});
    }
  }

  const Topology& topology_;
  const Production& production_;
  unsigned devices_ = 0;
  Plan plan_;
};

}  // namespace

std::vector<std::string> Plan::addresses_in(const std::string& network_namespace) const {
  std::vector<std::string> out;
  for (const Link& link : links) {
    for (const Device* device : {&link.left, &link.right}) {
      if (device->network_namespace == network_namespace)
        out.insert(out.end(), device->addresses.begin(), device->addresses.end());
    }
  }
  return out;
}

Plan make_plan(const Topology& topology) {
  return Planner(topology).make();
}

std::string inventory_text(const Plan& plan) {
  std::string text = "name: lab\n";
  if (!plan.hosts.empty()) text += "vms:\n";
  for (const Host& host : plan.hosts) {
    text +=
        fmt::format("  - {{name: {}, addresses: [\"{}\", {}, \"{}\"]}}\n", host.name, host.mac, host.ipv4, host.ipv6);
  }
  std::string apps;
  const auto app = [&apps](const char* name, const char* services, const std::vector<Host>& members) {
    if (members.empty()) return;
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const Host& host : members) names.push_back(host.name);
    apps += fmt::format("  - {{name: {}, services: [{}], members: [{}]}}\n", name, services, fmt::join(names, ", "));
  };
  app("web", "tcp/80", plan.web);
  app("dns", "udp/53, tcp/53", plan.dns);
  app("iperf3", "tcp/5201, udp/5201", plan.iperf3);
  return apps.empty() ? text : text + "apps:\n" + apps;
}

}  // namespace superspan::lab
