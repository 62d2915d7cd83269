// SPDX-License-Identifier: Apache-2.0
#include "inventory/file.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/yaml_reader.h"

namespace superspan::inventory {
namespace {

using base::ErrorCode;
using base::Result;
using base::Status;

constexpr const char* kNameHint = "use 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first and last";
constexpr const char* kAddressHint =
    "write a MAC address, an IP address or a prefix like 10.0.0.0/8; MAC and IPv6 addresses in quotes";
constexpr const char* kServiceHint =
    "write tcp, udp or sctp, perhaps with ports (tcp/443, udp/6000-6100), icmp, icmp6 or proto/89";

bool is_name(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && plain(text.front()) && plain(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

// FNV-1a: the same text has the same version everywhere; nobody is kept from making two texts with one version.
std::string version_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

class FileReader : private base::YamlReader {
 public:
  FileReader(std::string_view text, const std::string& file_name) : YamlReader(text, file_name) {}

  Result<Snapshot> read() {
    try {
      if (const Status status = check_document("the inventory file", "list for example `vms:`"); !status) {
        return std::unexpected(status.error());
      }
      const YAML::Node root = YAML::Load(std::string(text_));
      if (const Status status = read_root(root); !status) return std::unexpected(status.error());
    } catch (const YAML::Exception& error) {
      return wrong(error.mark, 1, "this is not YAML: " + error.msg, "check indentation, quotes and brackets here");
    }
    return Snapshot(std::move(name_), version_of(text_), std::move(entries_));
  }

 private:
  struct Reference {
    YAML::Node where;
    Kind kind;
    std::string name;
  };

  Status read_root(const YAML::Node& root) {
    std::vector<Key> keys{{"name", false, identifier(name_)}};
    for (const Kind kind : kKinds) {
      keys.push_back({plural(kind), false, [this, kind](const YAML::Node& value) {
                        return list(value, plural(kind),
                                    [this, kind](const YAML::Node& node) { return read_entry(node, kind); });
                      }});
    }
    if (const Status status = map(root, "the inventory", keys); !status) return status;
    for (const Reference& reference : references_) {
      if (const Status status = check(reference); !status) return status;
    }
    return {};
  }

  Status read_entry(const YAML::Node& node, Kind kind) {
    Entry made;
    made.kind = kind;
    std::vector<Key> keys{{"name", true, name(made.name)},
                          {"description", false, text(made.description)},
                          {"addresses", false, addresses(made)}};
    if (kind == Kind::kVm || kind == Kind::kHypervisor || kind == Kind::kDevice) {
      keys.push_back({"labels", false, labels(made)});
    }
    if (kind == Kind::kVm) {
      keys.push_back({"hypervisor", false, reference(Kind::kHypervisor, made.hypervisor)});
      keys.push_back({"profile", false, reference(Kind::kProfile, made.profile)});
      keys.push_back({"tenant", false, reference(Kind::kTenant, made.tenant)});
    }
    if (kind == Kind::kHypervisor) keys.push_back({"device", false, reference(Kind::kDevice, made.device)});
    if (kind == Kind::kApp) {
      keys.push_back({"services", false, services(made)});
      keys.push_back({"members", false, members(made)});
    }
    if (const Status status = map(node, fmt::format("{} {}", article(kind), to_string(kind)), keys); !status) {
      return status;
    }
    if (!names_[kind].insert(made.name).second) {
      return wrong(node["name"], fmt::format("a second {} '{}'", to_string(kind), made.name), "give each its own name");
    }
    if (entries_.size() == kEntriesMax) {
      return base::fail(ErrorCode::kLimit, fmt::format("more than {} entries", kEntriesMax),
                        "describe one datacenter a file", file_name_);
    }
    entries_.push_back(std::move(made));
    return {};
  }

  static const char* article(Kind kind) { return kind == Kind::kApp ? "an" : "a"; }

  Handler name(std::string& out) const {
    return [this, &out](const YAML::Node& value) -> Status {
      if (!value.IsScalar() || !is_name(value.Scalar())) return wrong(value, "this is not a name", kNameHint);
      out = value.Scalar();
      return {};
    };
  }

  // Of something that may stand later in the file.
  Handler reference(Kind kind, std::string& out) {
    return [this, kind, &out](const YAML::Node& value) -> Status {
      if (const Status status = name(out)(value); !status) return status;
      references_.push_back({value, kind, out});
      return {};
    };
  }

  Status check(const Reference& reference) {
    const std::set<std::string>& known = names_[reference.kind];
    if (known.contains(reference.name)) return {};
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string near = base::did_you_mean(reference.name, names);
    return wrong(reference.where, fmt::format("unknown {} '{}'", to_string(reference.kind), reference.name),
                 near.empty() ? fmt::format("name one that is listed under `{}`", plural(reference.kind)) : near);
  }

  Handler bounded_list(const char* what, Handler item) const {
    return [this, what, item = std::move(item)](const YAML::Node& value) -> Status {
      if (value.IsSequence() && value.size() > kListMax) {
        return wrong(value, fmt::format("more than {} {}", kListMax, what), "write prefixes, or several entries");
      }
      return list(value, what, item);
    };
  }

  Handler addresses(Entry& made) const {
    return bounded_list("addresses", [this, &made](const YAML::Node& value) -> Status {
      const auto address = value.IsScalar() ? parse_address(value.Scalar()) : std::nullopt;
      if (!address) return wrong(value, "this is not an address", kAddressHint);
      made.addresses.push_back(*address);
      return {};
    });
  }

  // What stands behind '/', at most `most`; without '/' all of them. More than `most`: it is none.
  static std::uint64_t prefix_bits(std::string_view text, std::uint64_t most) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return most;
    return parse_number(text.substr(slash + 1), 10).value_or(most + 1);
  }

  static std::optional<Address> parse_address(std::string_view text) {
    const std::string_view host = text.substr(0, text.find('/'));
    if (const auto four = net::Ipv4Address::parse(host)) {
      const std::uint64_t bits = prefix_bits(text, 32);
      const bool fits = bits == 32 || (bits < 32 && (four->value << bits) == 0);
      return fits ? std::optional<Address>(Ipv4Network{*four, static_cast<unsigned>(bits)}) : std::nullopt;
    }
    if (const auto six = net::Ipv6Address::parse(host)) {
      const std::uint64_t bits = prefix_bits(text, 128);
      const bool fits = bits == 128 || (bits < 128 && (six->value() << bits) == 0);
      return fits ? std::optional<Address>(Ipv6Network{*six, static_cast<unsigned>(bits)}) : std::nullopt;
    }
    const auto mac = net::MacAddress::parse(text);
    return mac ? std::optional<Address>(*mac) : std::nullopt;
  }

  Handler labels(Entry& made) const {
    return [this, &made](const YAML::Node& value) -> Status {
      if (!value.IsMap()) return wrong(value, "labels must be keys with values", "write `{role: web, rack: r1}`");
      if (value.size() > kListMax) return wrong(value, fmt::format("more than {} labels", kListMax));
      for (const auto& pair : value) {
        if (!pair.first.IsScalar() || !is_name(pair.first.Scalar())) {
          return wrong(pair.first, "this is not a key of a label", kNameHint);
        }
        if (!pair.second.IsScalar() || !is_name(pair.second.Scalar())) {
          return wrong(pair.second, "this is not a value of a label", kNameHint);
        }
        if (!made.labels.emplace(pair.first.Scalar(), pair.second.Scalar()).second) {
          return wrong(pair.first, fmt::format("label '{}' appears twice", pair.first.Scalar()));
        }
      }
      return {};
    };
  }

  Handler services(Entry& made) const {
    return bounded_list("services", [this, &made](const YAML::Node& value) -> Status {
      const auto service = value.IsScalar() ? parse_service(value.Scalar()) : std::nullopt;
      if (!service) return wrong(value, "this is not a service", kServiceHint);
      made.services.push_back(*service);
      return {};
    });
  }

  static std::optional<Service> parse_service(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view word = text.substr(0, slash);
    const std::string_view rest = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
    if (word == "proto") {
      const auto number = parse_number(rest, 10);
      if (!number || *number > 0xff) return std::nullopt;
      return Service{static_cast<std::uint8_t>(*number), std::nullopt};
    }
    if (word == "icmp" && slash == std::string_view::npos) return Service{1, std::nullopt};
    if (word == "icmp6" && slash == std::string_view::npos) return Service{58, std::nullopt};
    const std::uint8_t protocol = word == "tcp" ? 6 : word == "udp" ? 17 : word == "sctp" ? 132 : 0;
    if (protocol == 0) return std::nullopt;
    if (slash == std::string_view::npos) return Service{protocol, std::nullopt};
    const std::size_t dash = rest.find('-');
    const auto first = parse_number(rest.substr(0, dash), 10);
    const auto last = dash == std::string_view::npos ? first : parse_number(rest.substr(dash + 1), 10);
    if (!first || !last || *first > *last || *last > 0xffff) return std::nullopt;
    return Service{protocol, std::pair(static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last))};
  }

  Handler members(Entry& made) {
    return bounded_list("members", [this, &made](const YAML::Node& value) -> Status {
      std::string member;
      if (const Status status = reference(Kind::kVm, member)(value); !status) return status;
      made.members.push_back(std::move(member));
      return {};
    });
  }

  std::string name_ = "inventory";
  std::vector<Entry> entries_;
  std::map<Kind, std::set<std::string>> names_;
  std::vector<Reference> references_;
};

}  // namespace

Result<Snapshot> parse_file(std::string_view text, const std::string& file_name) {
  if (text.size() > kFileBytesMax) {
    return base::fail(ErrorCode::kLimit, "the inventory file has more than 8 MiB", "describe one datacenter a file",
                      file_name);
  }
  return FileReader(text, file_name).read();
}

Result<std::shared_ptr<const Snapshot>> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    return base::fail(ErrorCode::kNotFound, "cannot read the inventory file", "give its path with --inventory", path);
  }
  auto snapshot = parse_file(text.str(), path);
  if (!snapshot) return std::unexpected(snapshot.error());
  return std::make_shared<const Snapshot>(std::move(*snapshot));
}

}  // namespace superspan::inventory
