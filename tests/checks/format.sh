#!/usr/bin/env bash
# Fails when lines of C++ that changed are not laid out as .clang-format says: format.sh [COMMIT | --all]
# Shows how they should be. `git clang-format-14 COMMIT` does it.
set -euo pipefail
cd "$(dirname "$0")/../.."
since="${1:-HEAD}"
if [ "$since" = --all ]; then
  git ls-files '*.h' '*.cc' | xargs clang-format-14 --dry-run -Werror
  exit
fi
wrong="$(git diff -U0 --no-color "$since" -- '*.h' '*.cc' | clang-format-diff-14 -p1)"
[ -z "$wrong" ] || { echo "$wrong"; exit 1; }
