#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demo as a person runs it: once, once more at once with KEEP=1, and with one switch. Usage: demo_test.sh BIN_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:?usage: demo_test.sh BIN_FOLDER}")
log=$(mktemp)
trap 'rm -f "$log"; "$bin/superspan" lab down > /dev/null 2>&1 || true' EXIT

[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: the lab needs root"; exit 77; }
fail() { cat "$log"; echo "demo_test: $*"; exit 1; }
demo() { env SECONDS_LONG=3 "$@" tools/demo.sh "$bin" > "$log" 2>&1 || fail "$* did not exit with 0"; }
# rows POLICY...: whether each policy has these hops, and every row balances.
check_rows() {
  awk -v wanted="$1" '
    $1 == "policy" && $2 == "hop" { table = 1; next }
    NF != 8 { table = 0 }
    table { hops[$1] = hops[$1] " " $2; rows++; if ($3 + $4 + $7 + $8 != $5 + $6 || $3 == 0) { print "wrong row: " $0; bad = 1 } }
    END { if (hops["web"] != wanted " t1") { print "hops of web:" hops["web"]; bad = 1 }
          if (hops["live"] != wanted " node1 capture") { print "hops of live:" hops["live"]; bad = 1 }
          exit bad }' "$log" || fail "the table is wrong"
}

"$bin/superspan" lab down > /dev/null 2>&1
demo KEEP=0
check_rows " filter mux delivery"
interfaces=$(tshark -r build/demo/capture.pcapng -T fields -e frame.interface_name 2> /dev/null | sort -u | wc -l)
[ "$interfaces" -gt 8 ] || fail "build/demo/capture.pcapng names $interfaces taps only"

demo KEEP=1
grep -q 'superspan policy stats web' "$log" || fail "KEEP=1 does not say what to try next"
"$bin/superspan" lab status > /dev/null || fail "KEEP=1 left no whole lab"
"$bin/superspan" policy stats web > /dev/null || fail "the policies are gone"
"$bin/superspan" lab down > /dev/null 2>&1

demo TOPOLOGY=one-switch
check_rows " filter+delivery"
if "$bin/superspan" lab status > /dev/null; then fail "the demo left its lab"; fi
[ ! -e /run/superspan ] || fail "the demo left /run/superspan"
