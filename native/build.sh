#!/bin/sh
# Builds what is native with plain cc: berth-shim and berth-init (static) and berth.node (N-API addon), in build/native.
# Each part is built when its sources are there. Outputs appear by rename, so a broken build leaves the old ones.
set -eu
cd "$(dirname "$0")/.."
out=build/native
mkdir -p "$out"
tmp=$(mktemp -d "$out/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
CC=${CC:-cc}
warn='-std=gnu17 -O2 -g0 -Wall -Wextra -Werror -Wshadow -Wvla'
hard='-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fno-plt'

# static-pie where the tool chain has it
echo 'int main(void){return 0;}' >"$tmp/probe.c"
if $CC -static-pie -fPIE -o "$tmp/probe" "$tmp/probe.c" 2>/dev/null && "$tmp/probe"; then static='-static-pie -fPIE'; else static='-static'; fi

# program NAME FOLDER [FLAG]: one static program of all sources in a folder
program() {
  ls "native/$2"/*.c >/dev/null 2>&1 || return 0
  $CC $warn $hard $static -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections -ffunction-sections ${3:-} -o "$tmp/$1" "native/$2"/*.c
  mv -f "$tmp/$1" "$out/$1"
}
program berth-shim shim -D_GNU_SOURCE
program berth-init init

if ls native/addon/*.c >/dev/null 2>&1; then
  $CC $warn $hard -fPIC -shared -fvisibility=hidden -I node_modules/node-api-headers/include -Wl,-z,relro,-z,now,-z,noexecstack -o "$tmp/berth.node" native/addon/*.c -ldl
  mv -f "$tmp/berth.node" "$out/berth.node"
fi
