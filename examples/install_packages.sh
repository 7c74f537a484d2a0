#!/usr/bin/env bash
# install_packages.sh SECTION...: installs those packages of packages.txt that are missing. As root, or with sudo.
set -euo pipefail
list="$(cd "$(dirname "$0")/.." && pwd)/packages.txt"

names() {
  awk -v wanted=" $* " '/^\[/ { on = index(wanted, " " substr($1, 2, length($1) - 2) " ") } on && /^[a-z0-9]/ { print $1 }' "$list"
}

missing=()
for package in $(names "$@"); do
  # Hyperscan is for x86; vectorscan is the same library for others.
  if [ "$package" = libhyperscan-dev ] && [ "$(uname -m)" != x86_64 ]; then package=libvectorscan-dev; fi
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
