// SPDX-License-Identifier: Apache-2.0
#include "lab/topology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>

#include "lab/builtin.h"
#include "lab/file.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;

constexpr std::size_t kDeviceNameBytes = 15;  // IFNAMSIZ without the final zero
constexpr unsigned kMaxSpines = 8;
constexpr unsigned kMaxHosts = 200;   // host numbers are one byte of an address
constexpr unsigned kMaxPort = 65279;  // OFPP_MAX of OpenFlow 1.0

// Reads one file; the first error stops it. yaml-cpp throws, so everything here runs inside the try of parse_topology.
class Reader {
 public:
  explicit Reader(std::string file_name) : file_name_(std::move(file_name)) {}

  base::Result<Topology> read(const YAML::Node& root) {
    check_keys(root, {"name", "production", "taps", "fabric"});
    out_.name = text(root, "name");
    if (ok()) read_production(child(root, "production"));
    if (ok()) read_fabric(child(root, "fabric"));
    if (ok()) read_mirrors(child(root, "taps"));
    if (error_) return std::unexpected(*error_);
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool ok() const { return !error_; }

  void fail(const YAML::Node& at, std::string message, std::string hint = {}) {
    if (error_) return;
    const YAML::Mark mark = at.Mark();
    const auto place = mark.line < 0 ? file_name_ : fmt::format("{}:{}:{}", file_name_, mark.line + 1, mark.column + 1);
    error_ = base::Error{ErrorCode::kInvalid, std::move(message), std::move(hint), place, std::nullopt};
  }

  YAML::Node child(const YAML::Node& map, const char* key) {
    if (map.IsMap() && map[key]) return map[key];
    fail(map, fmt::format("'{}' is missing", key),
         fmt::format("add `{}: ...`; lab/leaf-spine.yaml shows a whole file", key));
    return YAML::Node();
  }

  void check_keys(const YAML::Node& map, const std::set<std::string>& known) {
    if (!map.IsMap()) return fail(map, "expected `key: value` lines");
    for (const auto& entry : map) {
      if (!known.contains(entry.first.Scalar())) {
        fail(entry.first, fmt::format("unknown key '{}'", entry.first.Scalar()),
             fmt::format("known: {}", fmt::join(known, ", ")));
      }
    }
  }

  std::string text(const YAML::Node& map, const char* key) {
    const YAML::Node value = child(map, key);
    if (!ok()) return {};
    if (!value.IsScalar() || value.Scalar().empty()) fail(value, fmt::format("'{}' must be one word", key));
    return value.IsScalar() ? value.Scalar() : "";
  }

  unsigned number(const YAML::Node& value, const char* what, unsigned low, unsigned high) {
    unsigned out = 0;
    if (!value.IsScalar() || !YAML::convert<unsigned>::decode(value, out) || out < low || out > high) {
      fail(value, fmt::format("{} must be a number from {} to {}", what, low, high));
    }
    return out;
  }

  void read_production(const YAML::Node& map) {
    if (!ok()) return;
    check_keys(map, {"spines", "leaves", "hosts_per_leaf", "web", "dns", "iperf3"});
    if (!ok()) return;
    Production& production = out_.production;
    production.spines = number(child(map, "spines"), "spines", 1, kMaxSpines);
    production.leaves = number(child(map, "leaves"), "leaves", 1, kMaxHosts);
    production.hosts_per_leaf = number(child(map, "hosts_per_leaf"), "hosts_per_leaf", 1, kMaxHosts);
    if (ok() && production.hosts() > kMaxHosts) fail(map, fmt::format("more than {} hosts", kMaxHosts));
    for (const auto& [key, list] :
         {std::pair{"web", &production.web}, {"dns", &production.dns}, {"iperf3", &production.iperf3}}) {
      for (const auto& host : map[key]) list->push_back(read_host(host));
    }
  }

  unsigned read_host(const YAML::Node& value) {
    for (unsigned host = 1; value.IsScalar() && host <= out_.production.hosts(); ++host) {
      if (value.Scalar() == fmt::format("host{}", host)) return host;
    }
    fail(value, "no such host", fmt::format("hosts are host1 to host{}", out_.production.hosts()));
    return 1;
  }

  void read_fabric(const YAML::Node& fabric) {
    if (!ok()) return;
    if (!fabric.IsMap()) return fail(fabric, "expected the fabric file here");
    for (const auto& item : child(fabric, "switches")) {
      FabricSwitch fabric_switch{device_name(item), text(item, "datapath"), 1};
      if (!ok()) return;
      if (item["vlan_limit"]) fabric_switch.vlan_limit = number(item["vlan_limit"], "vlan_limit", 0, 2);
      out_.switches.push_back(std::move(fabric_switch));
    }
    if (ok() && out_.switches.empty()) fail(fabric, "the fabric has no switch");
    for (const auto& [key, list] : {std::pair{"taps", &out_.taps}, {"tools", &out_.tools}, {"nodes", &out_.nodes}}) {
      for (const auto& item : fabric[key]) {
        const auto name = device_name(item);
        const auto place = text(item, "switch");
        if (!ok()) return;
        list->push_back({name, place, number(child(item, "port"), "port", 1, kMaxPort)});
        claim_port(item, list->back());
      }
    }
    for (const auto& item : fabric["links"]) {
      out_.links.push_back({link_end(item, "from"), link_end(item, "to")});
      claim_port(item, out_.links.back().from);
      claim_port(item, out_.links.back().to);
    }
    out_.fabric_text = YAML::Dump(fabric) + "\n";
  }

  // The switch must be there and the port free.
  void claim_port(const YAML::Node& at, const FabricPort& port) {
    if (!ok()) return;
    std::vector<std::string> names;
    names.reserve(out_.switches.size());
    for (const FabricSwitch& item : out_.switches) names.push_back(item.name);
    if (std::ranges::find(names, port.switch_name) == names.end()) {
      fail(at, fmt::format("the fabric has no switch '{}'", port.switch_name),
           fmt::format("switches are {}", fmt::join(names, ", ")));
    }
    if (!ports_.insert({port.switch_name, port.port}).second) {
      fail(at, fmt::format("port {} of {} is used twice", port.port, port.switch_name));
    }
  }

  std::string device_name(const YAML::Node& map) {
    auto name = text(map, "name");
    if (ok() && name.size() > kDeviceNameBytes) {
      fail(map["name"], fmt::format("'{}' is longer than {} characters", name, kDeviceNameBytes),
           "in the lab, names of switches, taps, tools and nodes become names of network devices");
    }
    if (ok() && !names_.insert(name).second) fail(map["name"], fmt::format("the name '{}' is used twice", name));
    return name;
  }

  FabricPort link_end(const YAML::Node& map, const char* key) {
    const auto [place, port] = split_port(child(map, key));
    return ok() ? FabricPort{"", place, number(YAML::Node(port), "port", 1, kMaxPort)} : FabricPort{};
  }

  std::pair<std::string, std::string> split_port(const YAML::Node& value) {
    const std::string word = ok() && value.IsScalar() ? value.Scalar() : "";
    const std::size_t colon = word.find(':');
    if (ok() && colon == std::string::npos) fail(value, "expected NAME:PORT");
    return colon == std::string::npos ? std::pair{std::string(), std::string()}
                                      : std::pair{word.substr(0, colon), word.substr(colon + 1)};
  }

  void read_mirrors(const YAML::Node& taps) {
    if (!ok()) return;
    if (!taps.IsMap()) return fail(taps, "expected lines `TAP: \"LEAF:PORT\"`");
    for (const auto& entry : taps) {
      const auto [leaf, port] = split_port(entry.second);
      if (!ok()) return;
      const std::string tap = entry.first.Scalar();
      if (std::ranges::find(out_.taps, tap, &FabricPort::name) == out_.taps.end()) {
        return fail(entry.first, fmt::format("the fabric has no tap '{}'", tap), "list it under fabric: taps:");
      }
      if (!has_port(leaf, port)) {
        return fail(
            entry.second, fmt::format("no port '{}:{}' in the production network", leaf, port),
            fmt::format("ports are leaf1:spine1 to leaf{}:spine{}, and leafN:hostM for the hosts of leaf N ({} each)",
                        out_.production.leaves, out_.production.spines, out_.production.hosts_per_leaf));
      }
      out_.mirrors.push_back({tap, leaf, port});
    }
  }

  [[nodiscard]] bool has_port(const std::string& leaf, const std::string& port) const {
    const Production& production = out_.production;
    for (unsigned number = 1; number <= production.leaves; ++number) {
      if (leaf != fmt::format("leaf{}", number)) continue;
      for (unsigned spine = 1; spine <= production.spines; ++spine) {
        if (port == fmt::format("spine{}", spine)) return true;
      }
      const unsigned first = (number - 1) * production.hosts_per_leaf + 1;
      for (unsigned host = first; host < first + production.hosts_per_leaf; ++host) {
        if (port == fmt::format("host{}", host)) return true;
      }
    }
    return false;
  }

  std::string file_name_;
  Topology out_;
  std::set<std::string> names_;
  std::set<std::pair<std::string, unsigned>> ports_;
  std::optional<base::Error> error_;
};

}  // namespace

base::Result<Topology> parse_topology(std::string_view text, const std::string& file_name) {
  try {
    auto topology = Reader(file_name).read(YAML::Load(std::string(text)));
    if (topology) topology->text = text;
    return topology;
  } catch (const YAML::Exception& error) {
    return base::fail(ErrorCode::kInvalid, error.msg, "the file must be YAML",
                      fmt::format("{}:{}:{}", file_name, error.mark.line + 1, error.mark.column + 1));
  }
}

base::Result<Topology> load_topology(const std::string& name_or_path) {
  for (const BuiltinTopology& builtin : kBuiltinTopologies) {
    if (builtin.name == name_or_path) return parse_topology(builtin.text, name_or_path);
  }
  const auto text = read_file(name_or_path);
  if (text) return parse_topology(*text, name_or_path);
  return base::fail(ErrorCode::kNotFound, fmt::format("no topology '{}'", name_or_path),
                    "give the path of a topology file, or one of the built-in ones: leaf-spine, one-switch");
}

}  // namespace superspan::lab
