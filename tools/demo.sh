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
tap_witnesses=()
tool_witnesses=()

say() { printf '\n== %s\n' "$*"; }
superspan() { "$bin/superspan" "$@"; }
fail() { echo "demo: $*" >&2; exit 1; }

end() {
  for pid in "$@"; do kill -TERM "$pid" 2> /dev/null || true; done
  for pid in "$@"; do wait "$pid" 2> /dev/null || true; done
}
# The taps last: what a tool got until its end was seen at a tap before. tcpdump reads up to one second late, and forgets
# what it has not read.
stop_witnesses() {
  end "${tool_witnesses[@]}"
  [ ${#tap_witnesses[@]} -eq 0 ] || sleep 1.5
  end "${tap_witnesses[@]}"
  tool_witnesses=() tap_witnesses=()
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
}
wait_for_witnesses() {
  for log in "$out"/*.pcap.log; do
    for _ in $(seq 100); do grep -q 'listening on' "$log" && break; sleep 0.05; done
    grep -q 'listening on' "$log" || fail "tcpdump did not start: $(cat "$log")"
  done
}
now() { date +%s.%N; }

# hops NAME: one "--hop STAGE=PACKETS" for each stage on the way, from the counters of the switches and the node.
hops() {
  superspan policy stats "$1" -o json | jq -r '
    (reduce .hops[] as $hop ({}; .[$hop.stage] += $hop.packets) | to_entries[] | "\(.key)=\(.value)"),
    (.nodes[] | "\(.node)=\(.received - .residual_dropped)") | "--hop", .' > "$out/hops-$1.txt"
}

# judge NAME EXPRESSION END DELIVERED TAP...: the rows of one policy, its hops and its end.
judge() {
  local name=$1 expression=$2 end=$3 judged=$4 words=() on_the_way offered edge delivered
  shift 4
  mapfile -t on_the_way < "$out/hops-$name.txt"
  for tap in "$@"; do words+=(--offered "$out/tap-$tap.pcap"); done
  "$bin/superspan-witness" "${words[@]}" "${on_the_way[@]}" --delivered "$judged" --expression "$expression" \
    --from "$from" --until "$until" --name "$name" --end "$end" ${header:+--no-header} | tee "$out/rows.txt" || verdict=1
  read -r offered edge delivered < <(awk 'END { print $3, $4, $5 }' "$out/rows.txt")
  all_offered=$((all_offered + offered)) all_edge=$((all_edge + edge)) all_delivered=$((all_delivered + delivered))
  header=done
}

[ "$(id -u)" -eq 0 ] || fail "needs root: network namespaces and Open vSwitch"
rm -rf "$out" && mkdir -p "$out"
trap finish EXIT

say "lab: production network, taps, monitoring fabric ($topology)"
superspan lab up --topology "$topology" --no-traffic

say "witness: tcpdump at every tap and tool, from before the policies until after them"
superspan taps -o json > "$out/taps.json"
mapfile -t taps < <(jq -r '.[].name' "$out/taps.json")
for tap in "${taps[@]}"; do
  watch "ss-$(jq -r --arg tap "$tap" '.[] | select(.name == $tap).switch' "$out/taps.json")" "$tap" "$out/tap-$tap.pcap"
  tap_witnesses+=($!)
done
for tool in t1 t2 t3 t4 t5 t6; do
  watch ss-tools "$tool" "$out/$tool.pcap"
  tool_witnesses+=($!)
done
wait_for_witnesses

say "policies: six that overlap, and one live capture"
superspan policy apply -f lab/demo-policies.yaml
"$bin/superspan" capture "$capture" --name live --reason "make demo" --ticket DEMO-2 -w "$out/capture.pcapng" 2> "$out/capture.log" &
live=$!
for _ in $(seq 100); do superspan policy show live -o json 2> /dev/null | grep -q '"active"' && break; sleep 0.05; done

say "traffic: $seconds s of HTTP, DNS, ping, IPv6, iperf3, tagged and double-tagged frames"
from=$(now)
"$bin/superspan-lab-traffic" run --seconds "$seconds" | sed 's/^/  /'
"$bin/superspan-lab-traffic" frames ss-host1 eth0 --rounds 5 > /dev/null
until=$(now)
sleep 3  # switch counters are read every two seconds
superspan policy list
for policy in web web-host3 dns not-web tagged ipv6 live; do hops "$policy"; done
kill -TERM "$live" && wait "$live" || fail "the capture failed: $(cat "$out/capture.log")"
sleep 0.3
stop_witnesses

say "verdict: what tcpdump saw at the taps against what each hop counted and what arrived"
verdict=0 header= all_offered=0 all_edge=0 all_delivered=0
judge web 'tcp port 80' t1 "$out/t1.pcap" "${taps[@]}"
judge web-host3 'tcp port 80 and host 10.1.3.2' t2 "$out/t2.pcap" leaf2-host3
judge dns 'udp port 53' t3 "$out/t3.pcap" "${taps[@]}"
judge not-web 'ip and not tcp port 80' t4 "$out/t4.pcap" "${taps[@]}"
judge tagged 'vlan' t5 "$out/t5.pcap" "${taps[@]}"
judge ipv6 'ip6' t6 "$out/t6.pcap" "${taps[@]}"
judge live "$capture" capture "$out/capture.pcapng" "${taps[@]}"

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
say "$all_delivered frames delivered = $all_offered offered in the judged time + $all_edge at its edge, which passed a tap" \
  "before or after it and may come (docs/demo.md): nothing missing, nothing doubled, nothing foreign"
