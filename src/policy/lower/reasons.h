// SPDX-License-Identifier: Apache-2.0
// Why rules are wider than the expression.
#pragma once

#include <string>

namespace superspan::policy::lower {

enum Reason : unsigned {  // bits
  kMalformed = 1,         // headers that the switch refuses to read
  kExtensionHeaders = 2,  // IPv6 headers between IP and transport
  kForeignTag = 4,        // tag 0x9100, or a tag at the very end of a frame
  kWhichTag = 8,          // 0x8100 or 0x88a8
  kInnerTag = 16,         // what stands behind the first tag's type
  kUntaggedFrame = 32,    // a test behind `vlan` that also looks at frames without a tag
  kLlc = 64,              // IEEE 802.2 headers
  kWrapped = 128,         // what is inside MPLS, PPPoE or Geneve
  kLength = 256,          // the length of a frame
  kBytes = 512,           // bytes that are no field of a switch
  kTunnel = 1024,         // what VXLAN, Geneve and GRE carry
  kPayload = 2048,        // what a packet carries
  kWhichTap = 4096,       // the tap that copied a packet
};

struct ReasonText {
  Reason reason;
  const char* text;   // what the rules let through as well
  const char* brief;  // why a switch cannot decide
};

inline constexpr ReasonText kReasonTexts[] = {
    {kExtensionHeaders,
     "IPv6 packets with extension headers: a switch matches what stands behind them, the expression what stands first",
     "a switch skips IPv6 extension headers"},
    {kMalformed, "frames with damaged or cut IP, ARP or transport headers, which a switch cannot read",
     "a switch does not read damaged headers"},
    {kForeignTag, "frames with a tag 0x9100, or with a tag and nothing behind it, in which a switch sees no tag",
     "a switch does not know the tag 0x9100"},
    {kWhichTag, "tagged frames with another tag type: a switch does not tell 0x8100 from 0x88a8",
     "a switch does not tell the tags 0x8100 and 0x88a8 apart"},
    {kInnerTag,
     "tagged frames: a switch sees the first tag and the type behind it, not the tags and headers behind that",
     "a switch does not look behind a second tag"},
    {kUntaggedFrame,
     "untagged frames: behind 'vlan' every test looks 4 bytes further, also in frames without a tag; to match both, "
     "write the tests of untagged frames to the left of 'vlan'",
     "a switch does not look 4 bytes further in untagged frames"},
    {kLlc, "IEEE 802.3 frames: a switch sees their length field, and nothing behind it",
     "a switch does not read IEEE 802.2 headers"},
    {kWrapped, "frames whose inner headers do not match: a switch sees nothing inside MPLS, PPPoE and Geneve",
     "a switch does not look inside MPLS, PPPoE and Geneve"},
    {kLength, "frames of any length: a switch does not match lengths", "a length is no field of a switch"},
    {kBytes, "frames with other bytes in the places that the expression reads: they are no field of a switch",
     "these bytes are no field of a switch"},
    {kTunnel, "VXLAN, Geneve and GRE packets that carry something else: a switch does not look into them",
     "a switch does not look into tunnels"},
    {kPayload, "packets that carry something else: a switch does not look behind headers",
     "a switch does not look behind headers"},
    {kWhichTap, "packets of other taps: rules are the same for all taps of a policy", "a node knows the tap"},
};

}  // namespace superspan::policy::lower
