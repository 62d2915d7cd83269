#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds libopenvswitch.a (the OpenFlow codec) once from Debian's openvswitch-source and prints the folder that holds it.
# The result lives outside the build folder, so that `rm -rf build` does not cost a rebuild.
#
#   SUPERSPAN_CACHE   folder for the result; default ${XDG_CACHE_HOME:-$HOME/.cache}/superspan
set -euo pipefail

package=openvswitch-source
archive=/usr/src/openvswitch/openvswitch.tar.gz
version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) || {
  echo "build-openvswitch: package $package is missing; run \`make deps\`" >&2
  exit 1
}
cache=${SUPERSPAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/superspan}
target=$cache/openvswitch-$version

if [ ! -f "$target/lib/.libs/libopenvswitch.a" ]; then
  mkdir -p "$cache"
  exec 9> "$cache/lock" && flock 9
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "build-openvswitch: building libopenvswitch $version (about a minute, once)" >&2
  tar -C "$work" --strip-components=1 -xf "$archive"
  {
    cd "$work"
    [ -x configure ] || ./boot.sh
    ./configure --quiet --disable-ssl --disable-libcapng --disable-afxdp --disable-shared CFLAGS='-O2 -g0 -fPIC'
    printf 'include Makefile\nbuilt-sources: $(BUILT_SOURCES)\n' > built-sources.mk
    make -s -f built-sources.mk built-sources
    make -s -j"$(nproc)" lib/libopenvswitch.la
  } > "$cache/build.log" 2>&1 || { tail -n 30 "$cache/build.log" >&2; exit 1; }
  mv "$work" "$target"
  trap - EXIT
fi
echo "$target"
