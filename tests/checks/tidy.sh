#!/usr/bin/env bash
# Fails when clang-tidy finds something in lines of .cc files that changed: tidy.sh [COMMIT | --all]
# How files are compiled is told by a tree of its own (build-tidy), in which nothing is built and each file stands alone. At
# most 40 files are looked at, those with most changes first, and the rest is named; --all looks at every line of every file.
set -euo pipefail
cd "$(dirname "$0")/../.."
since="${1:-HEAD}" limit=40
where=('decoders/*.cc' 'rules/*.cc' 'output/*.cc' 'engine/*.cc')
cmake --preset asan -G Ninja -B build-tidy >/dev/null
if [ "$since" = --all ]; then
  git ls-files -z "${where[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy-14 -p build-tidy --quiet
  exit
fi
mapfile -t files < <(git diff --numstat --diff-filter=d --no-renames "$since" -- "${where[@]}" | sort -k1,1nr | cut -f3)
[ ${#files[@]} -gt 0 ] || exit 0
if [ ${#files[@]} -gt $limit ]; then echo "left out: ${files[*]:$limit}"; fi
found="$(git diff -U0 --no-color "$since" -- "${files[@]:0:$limit}" |
  clang-tidy-diff-14.py -p1 -quiet -j "$(nproc)" -path build-tidy -clang-tidy-binary clang-tidy-14 2>/dev/null | grep -v '^$' || true)"
if grep -qE ': (error|warning): ' <<<"$found"; then
  echo "$found"
  exit 1
fi
