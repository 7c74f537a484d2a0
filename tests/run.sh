#!/usr/bin/env bash
# Installs what the tests need, builds (release, and with AddressSanitizer and UndefinedBehaviorSanitizer) and runs every
# test in both. Can be run again: nothing is built or installed twice. Figures and cases of other people's test data
# are looked for beside the repository; without them they are left out, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

examples/install_packages.sh build test
jobs="$(nproc)"

build() {  # PRESET FOLDER
  if [ ! -f "$2/build.ninja" ]; then cmake --preset "$1" -G Ninja -DWEIR_TESTS=ON >/dev/null; fi
  # A tree that quickstart.sh made has no tests yet.
  grep -q '^WEIR_TESTS:BOOL=ON' "$2/CMakeCache.txt" || cmake --preset "$1" -G Ninja -DWEIR_TESTS=ON >/dev/null
  cmake --build "$2" -j "$jobs"
}

for tree in "release build" "asan build-asan"; do
  # shellcheck disable=SC2086
  build $tree
done
left_out=()
for folder in build build-asan; do
  echo "== tests of $folder"
  ctest --test-dir "$folder" --output-on-failure -j "$jobs"
done

conformance=../shared/conformance/run.py
if [ -x "$conformance" ] && [ -f tests/conformance_passing.txt ]; then
  echo "== conformance"
  "$conformance" --weir build/weir --baseline tests/conformance_passing.txt
else
  left_out+=("conformance cases ($conformance or tests/conformance_passing.txt is not there)")
fi

for what in "${left_out[@]}"; do echo "left out: $what"; done
echo "all tests passed"
