// SPDX-License-Identifier: Apache-2.0
// Open vSwitch's own flow_extract as the oracle of flow_key_test; in C, because lib/flow.h is not C++.
#include <config.h>
#include <string.h>

#include "dp-packet.h"
#include "flow.h"
#include "flow_key_oracle.h"
#include "packets.h"

static void put_ip_fields(const struct flow* flow, struct OracleKey* key) {
  const uint16_t type = ntohs(flow->dl_type);
  const int arp = type == ETH_TYPE_ARP || type == ETH_TYPE_RARP;
  key->ip_proto = flow->nw_proto;
  if (arp) {
    key->arp_spa = ntohl(flow->nw_src);
    key->arp_tpa = ntohl(flow->nw_dst);
    return;
  }
  key->nw_frag = flow->nw_frag & FLOW_NW_FRAG_MASK;
  key->nw_tos = flow->nw_tos;
  key->nw_ttl = flow->nw_ttl;
  key->nw_src = ntohl(flow->nw_src);
  key->nw_dst = ntohl(flow->nw_dst);
  memcpy(key->ipv6_src, &flow->ipv6_src, sizeof key->ipv6_src);
  memcpy(key->ipv6_dst, &flow->ipv6_dst, sizeof key->ipv6_dst);
  key->tp_src = ntohs(flow->tp_src);
  key->tp_dst = ntohs(flow->tp_dst);
  if (flow->nw_proto == IPPROTO_TCP) key->tcp_flags = ntohs(flow->tcp_flags);
}

void oracle_extract(const uint8_t* frame, size_t size, unsigned vlan_limit, struct OracleKey* key) {
  struct dp_packet packet;
  struct flow flow;
  flow_vlan_limit = (int)vlan_limit;
  memset(key, 0, sizeof *key);
  dp_packet_use_const(&packet, frame, size);
  flow_extract(&packet, &flow);
  memcpy(key->dl_dst, &flow.dl_dst, sizeof key->dl_dst);
  memcpy(key->dl_src, &flow.dl_src, sizeof key->dl_src);
  key->vlan_tci = ntohs(flow.vlans[0].tci);
  key->dl_type = ntohs(flow.dl_type);
  put_ip_fields(&flow, key);
  key->nsh_path = ntohl(flow.nsh.path_hdr);
  for (size_t word = 0; word < 4; ++word) key->nsh_context[word] = ntohl(flow.nsh.context[word]);
  dp_packet_uninit(&packet);
}
