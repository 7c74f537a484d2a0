#!/usr/bin/env bash
# From a fresh Debian 12 to the first alerts: installs what the build needs, builds, scans the example captures with the
# example rules and shows what was found. Can be run again: nothing is built or installed twice.
set -euo pipefail
cd "$(dirname "$0")/.."

examples/install_packages.sh build
jobs="${WEIR_JOBS:-$(nproc)}"
if [ ! -f build/build.ninja ]; then cmake --preset release -G Ninja -DWEIR_TESTS=OFF -DWEIR_UNITY=ON >/dev/null; fi
cmake --build build --target weir -j "$jobs"

out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
cat >"$out/quickstart.yaml" <<'YAML'
%YAML 1.1
---
outputs:
  - eve-log: {enabled: yes, filename: eve.json, types: [alert, http, dns, tls, files, flow, stats]}
  - fast: {enabled: yes, filename: fast.log}
YAML
build/weir detect -r examples/captures -S examples/rules/example.rules -c "$out/quickstart.yaml" -l "$out" -v

echo
echo "Alerts (fast.log):"
cat "$out/fast.log"
echo
echo "One of them as EVE JSON (eve.json, $(wc -l <"$out/eve.json") events):"
grep -m 1 '"event_type":"alert"' "$out/eve.json"
