#!/usr/bin/env bash
# Installs what the tests need, builds and runs every test. Can be run again: nothing is built or installed twice.
#
#   build       the program, as users have it: cases, end-to-end tests, conformance
#   build-asan  clang with AddressSanitizer and UndefinedBehaviorSanitizer: unit tests, the program again, fuzzing
#   build-tsan  clang with ThreadSanitizer: what has threads
#
# Figures and cases of other people's test data are looked for beside the repository; without them they are left out, and
# that is said. Fails also when the tests leave files behind.
set -euo pipefail
cd "$(dirname "$0")/.."

examples/install_packages.sh build test
jobs="${WEIR_JOBS:-$(nproc)}"
symbolizer="$(command -v llvm-symbolizer-14 || true)"
# A worker that is stuck is left behind on purpose, its thread with it: no leak.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_SYMBOLIZER_PATH="$symbolizer" TSAN_OPTIONS="external_symbolizer_path=$symbolizer report_thread_leaks=0"
status() { git status --porcelain 2>/dev/null || true; }
before="$(status)"
left_out=()

# try PRESET FOLDER: a tree that quickstart.sh made has no tests yet.
try() {
  if ! grep -qs '^WEIR_TESTS:BOOL=ON' "$2/CMakeCache.txt"; then
    cmake --preset "$1" -G Ninja -DWEIR_TESTS=ON -DWEIR_UNITY=ON >/dev/null
  fi
  cmake --build "$2" -j "$jobs"
  echo "== tests of $2"
  ctest --test-dir "$2" --output-on-failure -j "$jobs"
}

try release build
try asan build-asan
try tsan build-tsan

if [ -x tests/fuzz/run.sh ]; then
  echo "== fuzzing"
  tests/fuzz/run.sh --runs 200 --jobs "$jobs"  # always the same ones; longer runs are for people
  tests/fuzz/run.sh --memory --runs 200 --jobs "$jobs"
fi

conformance=../shared/conformance/run.py
if [ -x "$conformance" ] && [ -f tests/conformance_passing.txt ]; then
  echo "== conformance"
  "$conformance" --weir build/weir --baseline tests/conformance_passing.txt
else
  left_out+=("conformance cases ($conformance or tests/conformance_passing.txt is not there)")
fi

if ! git rev-parse --git-dir >/dev/null 2>&1; then
  left_out+=("what the tests leave behind (this is no git repository)")
elif [ "$(status)" != "$before" ]; then
  echo "the tests left files behind; git status was '$before', now it is:" >&2
  status >&2
  exit 1
fi

for what in "${left_out[@]}"; do echo "left out: $what"; done
echo "all tests passed"
