#!/usr/bin/env bash
# install_packages.sh SECTION...: installs those packages of packages.txt that are missing. As root, or with sudo.
# install_packages.sh --list SECTION...: names all of them, one a line, and does nothing.
set -euo pipefail
list="$(cd "$(dirname "$0")/.." && pwd)/packages.txt"

# Every name on the lines of the sections that are named, up to the #.
names() {
  awk -v wanted=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { on = index(wanted, " " substr($1, 2, length($1) - 2) " "); next }
    on { for (i = 1; i <= NF; ++i) if (!seen[$i]++) print $i }' "$list"
}

if [ "${1:-}" = --list ]; then
  shift
  names "$@"
  exit
fi

missing=()
for package in $(names "$@"); do
  # Hyperscan is for x86; vectorscan is the same library for others.
  if [ "$package" = libhyperscan-dev ] && [ "$(uname -m)" != x86_64 ]; then package=libvectorscan-dev; fi
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install_packages.sh: needs root, or sudo" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
