// SPDX-License-Identifier: Apache-2.0
// The two kinds of frames that docs/policy-language.md leaves out of the promise that rules never miss a frame.
#pragma once

#include "net/flow_key.h"

namespace superspan::policy::testing {

// Shorter than an Ethernet header, or with an EtherType that a switch takes from an RFC 1042 SNAP header.
inline bool is_excepted(base::BytesView frame) {
  if (frame.size() < 14) return true;
  const net::FlowKey key = net::extract(frame);
  const std::size_t type_at = key[net::Field::kVlanTci] != 0 ? 16 : 12;
  base::ByteReader reader(frame.subspan(type_at));
  return reader.be16() < 0x600 && key[net::Field::kEthType] >= 0x600;
}

}  // namespace superspan::policy::testing
