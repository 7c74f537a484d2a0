#!/usr/bin/env bash
# Fuzzes: builds tests/fuzz with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, runs each target for a while, and
# says how far it came. Exit status 1 when there are findings.
#
#   tests/fuzz/run.sh [--memory] [--seconds N | --runs N] [--target NAME]... [--jobs N] [--inputs FOLDER] [--build FOLDER]
#
#   --memory          each input twice, the second time with allocations that fail, which ones say its last four bytes: nothing
#                     may break, leak, or be missing without being counted. Only targets that traffic reaches
#   --seconds N       for each target (60)
#   --runs N          so many inputs a target, always the same ones: what was found before plays no part
#   --target NAME     only this one; may be repeated. All: build-fuzz/tests/fuzz/weir_fuzz --list
#   --jobs N          targets at the same time (1)
#   --inputs FOLDER   where inputs that reach something new, and findings, are kept and found again by the next run
#                     (~/.cache/weir-fuzz)
#   --build FOLDER    a build tree with WEIR_FUZZ on (build-asan where it is there, or else that of the preset fuzz)
#
# A finding is played again by  FOLDER/tests/fuzz/weir_fuzz --target=NAME FILE, with --memory by weir_fuzz_memory
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
seconds=60 runs="" jobs=1 build="" name=weir_fuzz targets=() inputs="${XDG_CACHE_HOME:-$HOME/.cache}/weir-fuzz"
while [ $# -gt 0 ]; do
  case "$1" in
    --memory) name=weir_fuzz_memory; shift; continue ;;
    --seconds) seconds="$2" ;;
    --runs) runs="$2" ;;
    --target) targets+=("$2") ;;
    --jobs) jobs="$2" ;;
    --inputs) inputs="$(mkdir -p "$2" && cd "$2" && pwd)" ;;
    --build) build="$(cd "$2" && pwd)" ;;
    *) sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

if [ -z "$build" ] && grep -qs '^WEIR_FUZZ:BOOL=ON' "$root/build-asan/CMakeCache.txt"; then build="$root/build-asan"; fi
if [ -z "$build" ]; then
  build="$root/build-fuzz"
  [ -f "$build/build.ninja" ] || (cd "$root" && cmake --preset fuzz -G Ninja >/dev/null)
fi
cmake --build "$build" --target "$name" -j "$(nproc)" >&2
program="$build/tests/fuzz/$name"
if [ "$name" = weir_fuzz_memory ]; then which='^(app_.*|packet|capture|capture_rules|segments|fragments)$'; else which=.; fi
if [ ${#targets[@]} -eq 0 ]; then mapfile -t targets < <("$program" --list | cut -d' ' -f1 | grep -E "$which"); fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if [ -n "$runs" ]; then
  limit=(-runs="$runs" -seed=1)
  inputs="$work/inputs"
else
  limit=(-max_total_time="$seconds")
fi
"$root/tests/fuzz/make_seeds.py" "$program" "$work/seeds"

# Runs one target in an empty folder; what it says goes to a log.
fuzz() {  # TARGET
  local longest dictionary=()
  longest="$("$program" --list | sed -n "s/^$1 //p")"
  if [ -z "$longest" ]; then echo "no such target: $1" >&2; return 2; fi
  if [ -s "$work/seeds/$1.dict" ]; then dictionary=(-dict="$work/seeds/$1.dict"); fi
  mkdir -p "$inputs/$1" "$inputs/findings/$1" "$work/empty/$1"
  (cd "$work/empty/$1" && "$program" "--target=$1" -max_len="$longest" "${limit[@]}" -timeout=25 -rss_limit_mb=2048 \
    "${dictionary[@]}" -artifact_prefix="$inputs/findings/$1/" -print_final_stats=1 \
    "$inputs/$1" "$work/seeds/$1") </dev/null >"$work/$1.log" 2>&1 || touch "$work/$1.found"
}

# The last number behind a word in a target's log.
figure() { sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$work/$1.log" | tail -1; }

printf '%-20s %12s %8s %8s  %s\n' target executions edges inputs findings
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  fuzz "$target" &
done
wait
status=0
for target in "${targets[@]}"; do
  found=none
  if [ -f "$work/$target.found" ] || [ ! -f "$work/$target.log" ]; then
    found="see $inputs/findings/$target"
    status=1
  fi
  printf '%-20s %12s %8s %8s  %s\n' "$target" "$(figure "$target" number_of_executed_units:)" "$(figure "$target" cov:)" \
    "$(figure "$target" corp:)" "$found"
  if [ "$found" != none ] && [ -f "$work/$target.log" ]; then grep -v '^#' "$work/$target.log" | tail -60; fi
done
exit "$status"
