// SPDX-License-Identifier: Apache-2.0
// What a real ovs-vswitchd says about itself, and packets in and out, in every version. Two veth pairs are its ports:
// wire1 - port1 is OpenFlow port 1, wire2 - port2 is 2.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "openflow/lab_fixture.h"

namespace superspan::openflow {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kNoCookie = UINT64_MAX;  // OpenFlow 1.0 does not tell it
constexpr Version kVersions[] = {Version::k10, Version::k13, Version::k14, Version::k15};

// The far end of a port.
class Wire {
 public:
  explicit Wire(const std::string& name) : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))) {
    address_.sll_family = AF_PACKET;
    address_.sll_protocol = htons(ETH_P_ALL);
    address_.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
    EXPECT_EQ(::bind(socket_, generic(), sizeof(address_)), 0) << name;
  }
  ~Wire() { ::close(socket_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  void send(const base::Bytes& frame) {
    EXPECT_EQ(::sendto(socket_, frame.data(), frame.size(), 0, generic(), sizeof(address_)),
              static_cast<ssize_t>(frame.size()));
  }
  // True if this frame was received since the construction; forgets others.
  bool received(const base::Bytes& frame) {
    base::Bytes buffer(2048);
    pollfd waited{socket_, POLLIN, 0};
    while (::poll(&waited, 1, 0) > 0) {
      const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count == static_cast<ssize_t>(frame.size()) && std::equal(frame.begin(), frame.end(), buffer.begin())) {
        return true;
      }
    }
    return false;
  }

 private:
  const sockaddr* generic() const { return static_cast<const sockaddr*>(static_cast<const void*>(&address_)); }

  int socket_;
  sockaddr_ll address_{};
};

// A frame that nobody else sends: EtherType 0x88b5 (IEEE 802, local experiments).
base::Bytes frame_of(std::uint8_t mark, std::size_t bytes) {
  base::ByteWriter out;
  out.be32(0x02000000);
  out.be16(0x0001);
  out.be32(0x02000000);
  out.be16(0x0002);
  out.be16(0x88b5);
  while (out.size() < bytes) out.u8(mark++);
  return out.take();
}

class LabPackets : public Lab {
 protected:
  static void SetUpTestSuite() {
    for (const std::string number : {"1", "2"}) {
      ASSERT_EQ(run("ip link add wire" + number + " type veth peer name port" + number + " address 02:00:00:00:00:0" +
                    number + " && ip link set wire" + number + " up && ip link set port" + number + " up"),
                0);
      ASSERT_TRUE(
          vswitch->set("add-port br0 port" + number + " -- set interface port" + number + " ofport_request=" + number));
    }
  }
  void port_changed(DatapathId, const PortChange& change) override { changes_.push_back(change); }
  void packet_in(DatapathId, const PacketIn& packet) override { packets_.push_back(packet); }
  void switch_error(DatapathId, const SwitchError& error) override { errors_.push_back(error.error); }
  void start(Version version) {
    TearDown();
    connected_.reset();
    changes_.clear();
    packets_.clear();
    listen();
    connect(version);
  }
  const Port* port(PortNumber number) const {
    const auto found = std::ranges::find(connected_->ports, number, &Port::number);
    return found == connected_->ports.end() ? nullptr : &*found;
  }

  std::vector<PortChange> changes_;
  std::vector<PacketIn> packets_;
  std::vector<std::string> errors_;
};

TEST_F(LabPackets, PortsAndTablesAreAsTheSwitchHasThem) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(to_string(version));
    start(version);
    ASSERT_TRUE(connected_);
    ASSERT_EQ(connected_->ports.size(), 3U) << "two, and the bridge's own";
    for (const PortNumber number : {1U, 2U}) {
      const std::string name = "port" + std::to_string(number);
      ASSERT_NE(port(number), nullptr);
      EXPECT_EQ(port(number)->name, name);
      EXPECT_EQ(port(number)->address.to_string(), "02:00:00:00:00:0" + std::to_string(number));
      EXPECT_FALSE(port(number)->admin_down);
      EXPECT_FALSE(port(number)->link_down);
    }
    ASSERT_NE(port(kPortLocal), nullptr);
    EXPECT_EQ(port(kPortLocal)->name, "br0");
    EXPECT_EQ(connected_->table_count, 254);
    if (version == Version::k10) {
      EXPECT_TRUE(connected_->tables.empty()) << "OpenFlow 1.0 has no table features";
      continue;
    }
    ASSERT_EQ(connected_->tables.size(), 254U);
    for (std::size_t index = 0; index < connected_->tables.size(); ++index) {
      ASSERT_EQ(connected_->tables[index].id, index);
      ASSERT_GE(connected_->tables[index].max_entries, 1'000'000U);
    }
  }
}

TEST_F(LabPackets, AFlowHandsInPacketsWithPortTableAndCookie) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(to_string(version));
    start(version);
    ASSERT_TRUE(connected_);
    Flow flow;
    flow.key.priority = 7;
    flow.key.match.in_port = 1;
    flow.key.match.headers = {net::FieldTest::exactly(net::Field::kEthType, 0x88b5)};
    flow.cookie = 0x5350'0000'0100'0001;
    flow.actions = {Output{kPortController}};
    const auto result = send({{{FlowCommand::kAdd, flow}}, {}});
    ASSERT_TRUE(result.ok()) << render(*result.error);
    const base::Bytes frame = frame_of(static_cast<std::uint8_t>(version), 1000);
    Wire("wire1").send(frame);
    ASSERT_TRUE(wait([&] { return !packets_.empty(); }));
    EXPECT_EQ(packets_[0].in_port, 1U);
    EXPECT_EQ(packets_[0].table, 0);
    EXPECT_EQ(packets_[0].total_bytes, 1000U);
    EXPECT_EQ(packets_[0].frame, frame);
    EXPECT_FALSE(packets_[0].table_miss);
    EXPECT_EQ(packets_[0].cookie, version == Version::k10 ? kNoCookie : flow.cookie);
  }
}

TEST_F(LabPackets, APacketOfOursLeavesThroughItsPortAndNoOther) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(to_string(version));
    start(version);
    ASSERT_TRUE(connected_);
    Wire first("wire1");
    Wire second("wire2");
    const base::Bytes frame = frame_of(static_cast<std::uint8_t>(version), 900);
    const auto status = server_->packet_out(kDatapath, {kPortController, {Output{2}}, frame});
    ASSERT_TRUE(status) << render(status.error());
    bool came = false;
    EXPECT_TRUE(wait([&] { return came = came || second.received(frame); }));
    EXPECT_FALSE(first.received(frame));
    errors_.clear();
    if (version == Version::k10) continue;  // no groups
    ASSERT_TRUE(server_->packet_out(kDatapath, {kPortController, {OutputGroup{99}}, frame}));
    EXPECT_TRUE(wait([&] { return !errors_.empty(); })) << "there is no such group";
  }
}

TEST_F(LabPackets, APortThatLosesItsLinkIsToldAndKeptCurrent) {
  for (const Version version : kVersions) {
    SCOPED_TRACE(to_string(version));
    start(version);
    ASSERT_TRUE(connected_);
    const auto changed_to = [&](bool link_down) {
      return wait([&] {
        return std::ranges::any_of(changes_, [&](const PortChange& change) {
          return change.event == PortEvent::kModified && change.port.number == 2 && change.port.link_down == link_down;
        });
      });
    };
    ASSERT_EQ(run("ip link set wire2 down"), 0);
    EXPECT_TRUE(changed_to(true));
    const SwitchInfo* info = server_->find(kDatapath);
    ASSERT_NE(info, nullptr);
    EXPECT_TRUE(std::ranges::find(info->ports, 2U, &Port::number)->link_down);
    changes_.clear();
    ASSERT_EQ(run("ip link set wire2 up"), 0);
    EXPECT_TRUE(changed_to(false));
  }
}

}  // namespace
}  // namespace superspan::openflow

int main(int argc, char** argv) {
  return superspan::openflow::run_lab_tests(argc, argv);
}
