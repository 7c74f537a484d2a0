#!/usr/bin/env bash
# Builds the program for AArch64 on a machine of another kind and runs tests/cases with it in an emulator:
# cross_build.sh [--install]
#
# --install: adds Debian's architecture arm64 and what is needed of it to this system, with the section [cross] of packages.txt.
# Meant for a root of its own: tests/bare_root.sh 'tests/cross_build.sh --install', as .ci/run does. Without it everything has
# to be there. What cannot be done here is said and left out (exit 0): on AArch64 itself tests/run.sh builds and tests it.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-arm64 triplet=aarch64-linux-gnu

leave_out() { echo "left out: the build for AArch64 ($1)"; exit 0; }
[ "$(uname -m)" != aarch64 ] || leave_out "this machine is one: tests/run.sh builds for it"

# What [build] names, of arm64: libraries by their architecture, what is for all by its name alone, programs of this machine.
libraries() {
  local package
  for package in $(examples/install_packages.sh --list build); do
    case "$package" in
      libhyperscan-dev) package=libvectorscan-dev ;;&
      lib*-dev | zlib1g-dev) if apt-cache show "$package:arm64" >/dev/null 2>&1; then package="$package:arm64"; fi ;;
    esac
    [ "$package" = g++ ] || echo "$package"
  done
}

if [ "${1:-}" = --install ]; then
  dpkg --add-architecture arm64
  apt-get update -qq || leave_out "there is no list of packages of arm64"
  mapfile -t wanted < <(libraries; examples/install_packages.sh --list cross)
  apt-get install -y -qq --no-install-recommends --dry-run "${wanted[@]}" >/dev/null || leave_out "not all packages of arm64 are there"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
command -v $triplet-g++ >/dev/null || leave_out "$triplet-g++ is not installed: see the head of cmake/$triplet.cmake"
emulator="$(command -v qemu-aarch64-static || command -v qemu-aarch64)" || leave_out "qemu-user-static is not installed"

cmake --preset release -G Ninja -B "$build" -DWEIR_TESTS=OFF -DWEIR_UNITY=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
  --toolchain "cmake/$triplet.cmake" >/dev/null
cmake --build "$build" --target weir -j "${WEIR_JOBS:-$(nproc)}"
printf '#!/bin/sh\nexec %s -L / %s "$@"\n' "$emulator" "$PWD/$build/weir" >"$build/emulated"
chmod +x "$build/emulated"
tests/cases/run.py "$build/emulated"
echo "built for AArch64, and the cases pass"
