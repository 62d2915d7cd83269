#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what tools/deps.txt lists, if anything of it is missing, and builds libopenvswitch once.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
while read -r package; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done < <(grep -v '^#' tools/deps.txt)

if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "deps: missing packages: ${missing[*]}" >&2
    echo "deps: run 'sudo make deps' once, or: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "deps: installing ${#missing[@]} packages: ${missing[*]}"
  # Services that packages bring (Open vSwitch, nginx) stay off: the lab starts its own, in its own namespaces.
  guard=/usr/sbin/policy-rc.d
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$guard" && chmod +x "$guard"
    trap 'rm -f "$guard"' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi
tools/build-openvswitch.sh > /dev/null
