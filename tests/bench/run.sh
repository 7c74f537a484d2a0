#!/usr/bin/env bash
# Prints figures of this build on this machine: run.sh [CAPTURE... [-S RULES]...] [-n RUNS] [-t THREADS]
#
# First the micro-benchmarks (decode, flow look-up, reassembly, prefilter, checks, JSON), then, when captures are named,
# whole runs over them: the median of RUNS runs (default 5). How to read them: examples/MEASURING.md.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"

captures=() rules=() runs=5 threads=1
while [ $# -gt 0 ]; do
  case "$1" in
    -S) rules+=(-S "$2"); shift 2 ;;
    -n) runs="$2"; shift 2 ;;
    -t) threads="$2"; shift 2 ;;
    -*) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) captures+=("$1"); shift ;;
  esac
done
[ ${#rules[@]} -gt 0 ] || rules=(--no-rules)

"$root/examples/install_packages.sh" build bench
build="$root/build-bench"
if [ ! -f "$build/build.ninja" ]; then
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWEIR_TESTS=OFF -DWEIR_BENCH=ON >/dev/null
fi
cmake --build "$build" --target weir weir_bench -j "$(nproc)"

echo "== parts"
"$build/tests/bench/weir_bench" --benchmark_min_time=0.2
[ ${#captures[@]} -gt 0 ] || exit 0

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# One run; appends "seconds user+system MB-peak rate" to the list.
one_run() {
  rm -rf "$work/log"
  LC_ALL=C /usr/bin/time -v -o "$work/time" \
    "$build/weir" detect -v -r "${captures[@]}" "${rules[@]}" -l "$work/log" --threads "$threads" 2>"$work/said"
  awk -v mb_s="$(sed -n 's/^weir: .* packets, .* (\([0-9.]* .B\/s\)).*/\1/p' "$work/said")" '
    /Elapsed/ { n = split($NF, t, ":"); wall = t[n] + 60 * t[n - 1] + 3600 * (n > 2 ? t[n - 2] : 0) }
    /User time|System time/ { cpu += $NF }
    /Maximum resident/ { peak = $NF / 1024 }
    END { printf "%.2f %.2f %.0f %s\n", wall, cpu, peak, mb_s }' "$work/time" >>"$work/runs"
}

echo
echo "== whole runs, $threads worker(s), $runs runs after one that is not counted"
one_run
: >"$work/runs"
for _ in $(seq "$runs"); do one_run; done
grep -h '^weir:' "$work/said"
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "time            $(cut -d' ' -f1 "$work/runs" | median) s"
echo "processor time  $(cut -d' ' -f2 "$work/runs" | median) s"
echo "peak memory     $(cut -d' ' -f3 "$work/runs" | median) MB"
bytes="$(stat -Lc %s "${captures[@]}" 2>/dev/null | awk '{ sum += $1 } END { print sum }')"
cut -d' ' -f1 "$work/runs" | median | awk -v bytes="$bytes" '$1 > 0 { printf "throughput      %.1f MB/s, start included\n", bytes / $1 / 1e6 }'
echo "inspection      $(sort -n "$work/runs" | awk '{ line[NR] = $4 " " $5 } END { print line[int((NR + 1) / 2)] }'), start left out"
