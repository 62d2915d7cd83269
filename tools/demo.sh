#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole path once, judged by an independent witness: lab up, overlapping policies, real traffic, tcpdump at every
# tap and tool, comparison frame by frame, lab down. Exits 0 only if nothing is missing, doubled or foreign and no frame
# left a tap port. Usage: tools/demo.sh BIN_FOLDER      KEEP=1: leave the lab running; TOPOLOGY=FILE; SECONDS_LONG=10
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${1:?usage: tools/demo.sh BIN_FOLDER}")
topology=${TOPOLOGY:-leaf-spine}
seconds=${SECONDS_LONG:-10}
out=$PWD/build/demo
capture='tcp port 80 or udp port 53 or icmp or vlan'
witnesses=()

say() { printf '\n== %s\n' "$*"; }
superspan() { "$bin/superspan" "$@"; }
fail() { echo "demo: $*" >&2; exit 1; }

stop_witnesses() {
  for pid in "${witnesses[@]}"; do kill -TERM "$pid" 2> /dev/null || true; done
  for pid in "${witnesses[@]}"; do wait "$pid" 2> /dev/null || true; done
  witnesses=()
}
finish() {
  local status=$?
  stop_witnesses
  if [ "${KEEP:-0}" = 1 ] && [ "$status" -eq 0 ]; then
    say "KEEP=1: the lab stays up. Try:"
    sed 's/^/  /' <<TRY
export PATH=$bin:\$PATH
superspan policy list
superspan policy stats web
superspan explain 'tcp port 80 and not host 10.1.3.2' --stage rules
superspan flows --switch filter1 --diff
superspan capture 'udp port 53' -w - -c 10 | tshark -r -      (superspan-lab-traffic run & makes traffic)
superspan lab down
TRY
  else
    superspan lab down > /dev/null || status=1
  fi
  exit "$status"
}

# watch NAMESPACE DEVICE FILE: tcpdump of what comes in there.
watch() {
  ip netns exec "$1" tcpdump -i "$2" -Q in -U -B 16384 -s 0 -w "$3" 2> "$3.log" &
  witnesses+=($!)
}
wait_for_witnesses() {
  for log in "$out"/*.pcap.log; do
    for _ in $(seq 100); do grep -q 'listening on' "$log" && break; sleep 0.05; done
    grep -q 'listening on' "$log" || fail "tcpdump did not start: $(cat "$log")"
  done
}
now() { date +%s.%N; }

# judge NAME EXPRESSION DELIVERED TAP...: one row of the table.
judge() {
  local name=$1 expression=$2 delivered=$3 offered=()
  shift 3
  for tap in "$@"; do offered+=(--offered "$out/tap-$tap.pcap"); done
  "$bin/superspan-witness" "${offered[@]}" --delivered "$delivered" --expression "$expression" --from "$from" \
    --until "$until" --name "$name" ${header:+--no-header} || verdict=1
  header=done
}

[ "$(id -u)" -eq 0 ] || fail "needs root: network namespaces and Open vSwitch"
rm -rf "$out" && mkdir -p "$out"
trap finish EXIT

say "lab: production network, taps, monitoring fabric ($topology)"
superspan lab up --topology "$topology" --no-traffic

say "policies: six that overlap, and one live capture"
superspan policy apply -f lab/demo-policies.yaml
superspan taps -o json > "$out/taps.json"
mapfile -t taps < <(jq -r '.[].name' "$out/taps.json")
for tap in "${taps[@]}"; do
  watch "ss-$(jq -r --arg tap "$tap" '.[] | select(.name == $tap).switch' "$out/taps.json")" "$tap" "$out/tap-$tap.pcap"
done
for tool in t1 t2 t3 t4 t5 t6; do watch ss-tools "$tool" "$out/$tool.pcap"; done
wait_for_witnesses
"$bin/superspan" capture "$capture" --name live --reason "make demo" --ticket DEMO-2 -w "$out/capture.pcapng" 2> "$out/capture.log" &
live=$!
for _ in $(seq 100); do superspan policy show live -o json 2> /dev/null | grep -q '"active"' && break; sleep 0.05; done

say "traffic: $seconds s of HTTP, DNS, ping, IPv6, iperf3, tagged and double-tagged frames"
sleep 0.3  # Open vSwitch's datapath cache follows a committed bundle within some milliseconds
from=$(now)
"$bin/superspan-lab-traffic" run --seconds "$seconds" | sed 's/^/  /'
"$bin/superspan-lab-traffic" frames ss-host1 eth0 --rounds 5 > /dev/null
sleep 0.3
until=$(now)
sleep 3  # switch counters are read every two seconds
superspan policy list
superspan policy stats web > "$out/hops-web.txt"
superspan policy stats live > "$out/hops-live.txt"
kill -TERM "$live" && wait "$live" || fail "the capture failed: $(cat "$out/capture.log")"
sleep 0.3
stop_witnesses

say "verdict: what tcpdump saw at the taps against what arrived"
verdict=0 header=
judge web 'tcp port 80' "$out/t1.pcap" "${taps[@]}"
judge web-host3 'tcp port 80 and host 10.1.3.2' "$out/t2.pcap" leaf2-host3
judge dns 'udp port 53' "$out/t3.pcap" "${taps[@]}"
judge not-web 'ip and not tcp port 80' "$out/t4.pcap" "${taps[@]}"
judge tagged 'vlan' "$out/t5.pcap" "${taps[@]}"
judge ipv6 'ip6' "$out/t6.pcap" "${taps[@]}"
judge live "$capture" "$out/capture.pcapng" "${taps[@]}"

say "per hop: policy web"
cat "$out/hops-web.txt"
say "per hop: policy live"
cat "$out/hops-live.txt"

leaks=0
for tap in "${taps[@]}"; do
  space=ss-$(jq -r --arg tap "$tap" '.[] | select(.name == $tap).switch' "$out/taps.json")
  leaks=$((leaks + $(ip netns exec "$space" cat "/sys/class/net/$tap/statistics/tx_packets")))
done
lost=$(sed -n 's/^\([0-9]*\) packets dropped by kernel$/\1/p' "$out"/*.pcap.log | awk "{ sum += \$1 } END { print sum + 0 }")
say "frames that left a tap port: $leaks; frames that the witness itself lost: $lost"
tail -n 1 "$out/capture.log"
echo "capture: $out/capture.pcapng"
[ "$verdict" -eq 0 ] && [ "$leaks" -eq 0 ] || fail "something is missing, doubled or foreign"
[ "$lost" -eq 0 ] || fail "tcpdump lost frames, so it cannot judge; run again on a calmer machine"
say "nothing missing, nothing doubled, nothing foreign"
