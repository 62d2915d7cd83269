#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One Open vSwitch bridge in a network namespace of its own, two controllers. Usage: flow_install.sh BIN_FOLDER OUT_FOLDER
set -euo pipefail
[ "${3:-}" = inside ] || exec unshare -n -- "$0" "$1" "$2" inside
bin=$1 out=$2
. "$(dirname "$0")/ovs.sh"
ovs_start
vsctl add-br b0 -- set bridge b0 datapath_type=netdev fail_mode=secure protocols=OpenFlow14 -- \
  set-controller b0 tcp:127.0.0.1:16653 tcp:127.0.0.1:16654
for controller in $(vsctl get bridge b0 controller | tr -d '[],'); do
  vsctl set controller "$controller" inactivity_probe=60000 max_backoff=1000
done
timeout 300 "$bin/bench_flow_install" "$ovs/b0.mgmt" 16653 16654 "$ovs" "$out/rows.jsonl"
