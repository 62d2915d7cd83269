// SPDX-License-Identifier: Apache-2.0
#include "fabric/topology.h"

#include <gtest/gtest.h>

#include "fabric/testing/support.h"

namespace superspan::fabric {
namespace {

std::string error_of(const std::string& yaml) {
  const auto parsed = Topology::parse(yaml, "fabric.yaml");
  return parsed ? "no error" : base::render(parsed.error());
}

TEST(Topology, ReadsSwitchesTapsToolsNodesAndLinks) {
  const Topology topology = support::make_fabric(R"(
name: lab
links:                                   # parts may refer to what stands later
  - {from: "filter1:49", to: "mux1:1"}
switches:
  - {name: filter1, datapath: "00000000000000Ff"}
  - {name: mux1, datapath: "00:00:00:00:00:00:01:00", profile: ovs, vlan_limit: 1}
taps:
  - {name: leaf1-spine1, switch: filter1, port: 1, description: "leaf1 uplink to spine1"}
  - {name: leaf1-spine2, switch: filter1, port: 2, id: 700}
tools:
  - {name: ids1, switch: mux1, port: 3, description: ""}
nodes:
  - {name: node1, switch: mux1, port: 4}
)");
  EXPECT_EQ(topology.name(), "lab");
  EXPECT_EQ(topology.encapsulation(), Encapsulation::kNsh);
  EXPECT_EQ(topology.switches()[0].datapath, 0xffU);
  EXPECT_EQ(topology.find_switch(0x100), 1U);
  EXPECT_EQ(topology.taps()[0].id, 1U);
  EXPECT_EQ(topology.taps()[1].id, 700U);
  EXPECT_EQ(topology.taps()[0].description, "leaf1 uplink to spine1");
  EXPECT_EQ(topology.find_destination("node1"), (Destination{Destination::Kind::kNode, 0}));
  EXPECT_EQ(topology.port({0, 49})->role, Topology::PortRole::kLink);
  EXPECT_EQ(topology.port({1, 3})->role, Topology::PortRole::kTool);
  EXPECT_FALSE(topology.port({1, 99}));
}

struct Wrong {
  const char* edge;
  const char* yaml;
  const char* error;
};

const Wrong kWrong[] = {
    {"empty", "", "fabric.yaml: the fabric file is empty\nhint: list at least `switches:`"},
    {"no YAML", "name: [lab\n",
     "fabric.yaml:2:1: this is not YAML: end of sequence flow not found\n\n~\n"
     "hint: check indentation, quotes and brackets here"},
    {"no map", "- lab\n",
     "fabric.yaml:1:1: the fabric must be keys with values\n- lab\n~\nhint: write `{name: ..., ...}`"},
    {"unknown key", "name: lab\nswiches: []\n",
     "fabric.yaml:2:1-7: unknown key 'swiches' in the fabric\nswiches: []\n~~~~~~~\n"
     "hint: known: name, encapsulation, switches, taps, tools, nodes, links"},
    {"key twice", "name: lab\nname: lab\n",
     "fabric.yaml:2:1-4: key 'name' appears twice in the fabric\nname: lab\n~~~~"},
    {"missing key", "name: lab\nswitches:\n  - {name: s1}\n",
     "fabric.yaml:3:5: a switch has no 'datapath'\n  - {name: s1}\n    ~\nhint: add `datapath: ...`"},
    {"no switches", "name: lab\nswitches: []\n",
     "fabric.yaml:2:11: no switches\nswitches: []\n          ~\nhint: list at least one switch"},
    {"alias", "name: &n lab\nswitches:\n  - {name: *n, datapath: \"1\"}\n",
     "fabric.yaml:3:12: an alias\n  - {name: *n, datapath: \"1\"}\n           ~\n"
     "hint: write the value out; the fabric file has no aliases"},
    {"bad name", "name: lab\nswitches:\n  - {name: S1, datapath: \"1\"}\n",
     "fabric.yaml:3:12-13: this is not a name\n  - {name: S1, datapath: \"1\"}\n           ~~\n"
     "hint: use 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit"},
    {"bad datapath", "name: lab\nswitches:\n  - {name: s1, datapath: \"xyz\"}\n",
     "fabric.yaml:3:26-28: this is not a datapath id\n  - {name: s1, datapath: \"xyz\"}\n                         ~~~\n"
     "hint: write 16 hex digits in quotes, for example \"0000000000000001\""},
    {"same datapath", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\"}\n  - {name: s2, datapath: \"01\"}\n",
     "fabric.yaml:4:26-27: switch 's1' has this datapath id\n  - {name: s2, datapath: \"01\"}\n"
     "                         ~~\nhint: give each switch its own datapath id"},
    {"same switch name", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\"}\n  - {name: s1, datapath: \"2\"}\n",
     "fabric.yaml:4:12-13: a second switch 's1'\n  - {name: s1, datapath: \"2\"}\n           ~~\n"
     "hint: give each switch its own name"},
    {"unknown profile", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\", profile: p4}\n",
     "fabric.yaml:3:40-41: unknown profile\n  - {name: s1, datapath: \"1\", profile: p4}\n"
     "                                       ~~\nhint: use ovs, openflow13 or openflow10"},
    {"plain switch with NSH", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\", profile: openflow13}\n",
     "fabric.yaml:3:40-49: switch 's1' cannot carry copies in NSH\n"
     "  - {name: s1, datapath: \"1\", profile: openflow13}\n"
     "                                       ~~~~~~~~~~\n"
     "hint: write `encapsulation: vlan`, or use profile ovs on every switch"},
    {"two tags", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\", vlan_limit: 2}\n",
     "fabric.yaml:3:43: policies are compiled for switches that look behind one VLAN tag\n"
     "  - {name: s1, datapath: \"1\", vlan_limit: 2}\n"
     "                                          ~\n"
     "hint: write `vlan_limit: 1`, and set other_config:vlan-limit=1 (its default) in the switch"},
    {"disconnected", "name: lab\nswitches:\n  - {name: s1, datapath: \"1\"}\n  - {name: s2, datapath: \"2\"}\n",
     "fabric.yaml:4:12-13: no links lead from switch 's1' to switch 's2'\n  - {name: s2, datapath: \"2\"}\n"
     "           ~~\nhint: add the missing entries under `links`"},
};

TEST(Topology, SaysWhatIsWrongWhereAndWhatToWrite) {
  for (const Wrong& wrong : kWrong) EXPECT_EQ(error_of(wrong.yaml), wrong.error) << wrong.edge;
}

// Lines after a good switch s1 and s2 that are linked by port 9.
const Wrong kWrongParts[] = {
    {"unknown switch", "taps:\n  - {name: t1, switch: s3, port: 1}\n",
     "unknown switch 's3'\n  - {name: t1, switch: s3, port: 1}\n                       ~~\n"
     "hint: name one that is listed under `switches`"},
    {"port 0", "taps:\n  - {name: t1, switch: s1, port: 0}\n",
     "this is not a port number\n  - {name: t1, switch: s1, port: 0}\n                                 ~\n"
     "hint: write a number from 1 to 65279"},
    {"port used twice", "taps:\n  - {name: t1, switch: s1, port: 9}\n", "port 9 of switch 's1' is already tap 't1'\n"},
    {"tool on a tap port", "taps:\n  - {name: t1, switch: s1, port: 1}\ntools:\n  - {name: ids, switch: s1, port: 1}\n",
     "port 1 of switch 's1' is already tap 't1'\n  - {name: ids, switch: s1, port: 1}\n"
     "                                  ~\nhint: nothing may ever go out of a tap port; use another port"},
    {"two tools on a port", "tools:\n  - {name: ids, switch: s1, port: 1}\n  - {name: ids2, switch: s1, port: 1}\n",
     "port 1 of switch 's1' is already tool 'ids'\n  - {name: ids2, switch: s1, port: 1}\n"
     "                                   ~\nhint: a port has one role; use another port"},
    {"tool named as a node",
     "tools:\n  - {name: ids, switch: s1, port: 1}\nnodes:\n  - {name: ids, switch: s1, port: 2}\n",
     "a second tool or node 'ids'\n  - {name: ids, switch: s1, port: 2}\n           ~~~\n"
     "hint: policies name tools and nodes alike; give each its own name"},
    {"same tap id", "taps:\n  - {name: t1, switch: s1, port: 1, id: 2}\n  - {name: t2, switch: s1, port: 2}\n",
     "tap 't2' has id 2, as tap 't1' has\n  - {name: t2, switch: s1, port: 2}\n    ~\n"
     "hint: an id is its position in the list unless given; give each tap its own `id`"},
};

TEST(Topology, SaysWhatIsWrongWithThePartsToo) {
  const std::string head =
      "name: lab\nswitches:\n  - {name: s1, datapath: \"1\"}\n  - {name: s2, datapath: \"2\"}\n"
      "links:\n  - {from: \"s1:9\", to: \"s2:9\"}\n";
  for (const Wrong& wrong : kWrongParts) {
    const std::string error = error_of(head + wrong.yaml);
    EXPECT_NE(error.find(wrong.error), std::string::npos) << wrong.edge << "\n" << error;
  }
}

const Wrong kWrongLinks[] = {
    {"no port", "from: s1, to: \"s2:9\"",
     "this is not an end of a link\n  - {from: s1, to: \"s2:9\"}\n           ~~\n"
     "hint: write `switch:port` in quotes, for example \"mux1:1\""},
    {"unknown switch", "from: \"s7:1\", to: \"s2:9\"",
     "unknown switch 's7'\n  - {from: \"s7:1\", to: \"s2:9\"}\n           ~~~~\n"
     "hint: name one that is listed under `switches`"},
    {"to itself", "from: \"s1:1\", to: \"s1:2\"",
     "this link ends at the switch where it begins\n  - {from: \"s1:1\", to: \"s1:2\"}\n"
     "                       ~~~~\nhint: join two different switches"},
};

TEST(Topology, SaysWhatIsWrongWithLinks) {
  for (const Wrong& wrong : kWrongLinks) {
    const std::string error = error_of(
        std::string(
            "name: lab\nswitches:\n  - {name: s1, datapath: \"1\"}\n  - {name: s2, datapath: \"2\"}\nlinks:\n  - {") +
        wrong.yaml + "}\n");
    EXPECT_NE(error.find(wrong.error), std::string::npos) << wrong.edge << "\n" << error;
  }
}

TEST(Topology, RefusesHugeAndDeepFiles) {
  EXPECT_EQ(error_of(std::string(kFabricFileBytesMax + 1, ' ')),
            "fabric.yaml: the fabric file has more than 1 MiB\nhint: describe one fabric a file");
  const std::string deep = error_of("name: " + std::string(100'000, '['));
  EXPECT_NE(deep.find("this is not YAML"), std::string::npos) << deep.substr(0, 200);
}

}  // namespace
}  // namespace superspan::fabric
