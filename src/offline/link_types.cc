// SPDX-License-Identifier: Apache-2.0
#include "offline/link_types.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace superspan::offline {
namespace {

struct LinkType {
  std::uint32_t number;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array kLinkTypes = std::to_array<LinkType>({
    {0, "NULL", "BSD loopback"},
    {1, "ETHERNET", "Ethernet"},
    {6, "IEEE802_5", "Token Ring"},
    {7, "ARCNET_BSD", "ARCNET"},
    {8, "SLIP", "SLIP"},
    {9, "PPP", "PPP"},
    {10, "FDDI", "FDDI"},
    {50, "PPP_HDLC", "PPP in HDLC frames"},
    {51, "PPP_ETHER", "PPPoE without Ethernet"},
    {100, "ATM_RFC1483", "ATM"},
    {101, "RAW", "IP without link layer"},
    {104, "C_HDLC", "Cisco HDLC"},
    {105, "IEEE802_11", "wireless LAN"},
    {107, "FRELAY", "Frame Relay"},
    {108, "LOOP", "OpenBSD loopback"},
    {113, "LINUX_SLL", "Linux cooked capture, of tcpdump -i any"},
    {117, "PFLOG", "OpenBSD packet filter log"},
    {119, "IEEE802_11_PRISM", "wireless LAN with Prism header"},
    {122, "IP_OVER_FC", "IP over Fibre Channel"},
    {127, "IEEE802_11_RADIOTAP", "wireless LAN with radiotap header"},
    {129, "ARCNET_LINUX", "ARCNET"},
    {147, "USER0", "private use"},
    {163, "IEEE802_11_AVS", "wireless LAN with AVS header"},
    {187, "BLUETOOTH_HCI_H4", "Bluetooth"},
    {189, "USB_LINUX", "USB"},
    {192, "PPI", "per-packet information"},
    {195, "IEEE802_15_4_WITHFCS", "IEEE 802.15.4"},
    {201, "BLUETOOTH_HCI_H4_WITH_PHDR", "Bluetooth"},
    {220, "USB_LINUX_MMAPPED", "USB"},
    {226, "IPNET", "Solaris IP"},
    {227, "CAN_SOCKETCAN", "CAN bus"},
    {228, "IPV4", "IPv4 without link layer"},
    {229, "IPV6", "IPv6 without link layer"},
    {230, "IEEE802_15_4_NOFCS", "IEEE 802.15.4"},
    {231, "DBUS", "D-Bus"},
    {239, "NFLOG", "Linux netfilter log"},
    {242, "IPOIB", "InfiniBand"},
    {247, "INFINIBAND", "InfiniBand"},
    {249, "USBPCAP", "USB"},
    {253, "NETLINK", "Linux netlink"},
    {258, "PKTAP", "Apple PKTAP"},
    {276, "LINUX_SLL2", "Linux cooked capture v2, of tcpdump -i any"},
});

}  // namespace

std::string link_type_name(std::uint32_t type) {
  const auto* const found = std::ranges::find(kLinkTypes, type, &LinkType::number);
  if (found == kLinkTypes.end()) return "link type " + std::to_string(type);
  return std::string(found->name) + " (" + std::to_string(type) + ", " + std::string(found->meaning) + ")";
}

}  // namespace superspan::offline
