// SPDX-License-Identifier: Apache-2.0
// What Open vSwitch itself makes of a frame; for flow_key_test only. Integers in host order.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct OracleKey {
  uint8_t dl_dst[6];
  uint8_t dl_src[6];
  uint16_t vlan_tci;
  uint16_t dl_type;
  uint8_t ip_proto;
  uint8_t nw_frag;
  uint8_t nw_tos;
  uint8_t nw_ttl;
  uint32_t nw_src;
  uint32_t nw_dst;
  uint32_t arp_spa;
  uint32_t arp_tpa;
  uint8_t ipv6_src[16];
  uint8_t ipv6_dst[16];
  uint16_t tp_src;
  uint16_t tp_dst;
  uint16_t tcp_flags;
  uint32_t nsh_path;
  uint32_t nsh_context[4];
};

void oracle_extract(const uint8_t* frame, size_t size, unsigned vlan_limit, struct OracleKey* key);

#ifdef __cplusplus
}
#endif
