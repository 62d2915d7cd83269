# SPDX-License-Identifier: Apache-2.0
# Sourced: starts a private Open vSwitch (userspace datapath) in the current network namespace and removes it on exit.
#   ovs_start   sets $ovs (its run directory) and the OVS_* variables that ovs-vsctl and ovs-appctl read
ovs_start() {
  ovs=$(mktemp -d /tmp/ss-bench.XXXXXX)
  export OVS_RUNDIR=$ovs OVS_LOGDIR=$ovs OVS_DBDIR=$ovs
  trap ovs_stop EXIT
  ip link set lo up
  ovsdb-tool create "$ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --pidfile="$ovs/db.pid" --detach --log-file="$ovs/db.log" \
    --unixctl="$ovs/db.ctl" 2> /dev/null
  ovs-vsctl --db="unix:$ovs/db.sock" --no-wait init
  ovs-vswitchd "unix:$ovs/db.sock" --pidfile="$ovs/vs.pid" --detach --log-file="$ovs/vs.log" --unixctl="$ovs/vs.ctl" \
    --disable-system 2> /dev/null
}
ovs_stop() {
  for pidfile in "$ovs"/vs.pid "$ovs"/db.pid; do
    [ -f "$pidfile" ] && kill "$(cat "$pidfile")" 2> /dev/null
  done
  rm -rf "$ovs"
}
vsctl() { ovs-vsctl --db="unix:$ovs/db.sock" "$@"; }
