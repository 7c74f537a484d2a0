#!/usr/bin/env bash
# Installs the checkers and runs every check: run.sh [COMMIT | --all]
# On the files that changed since COMMIT (default: HEAD, so what is not committed), or on all.
set -euo pipefail
cd "$(dirname "$0")/../.."
examples/install_packages.sh build test check
bad=0
for check in format tidy shell; do
  echo "== $check"
  "tests/checks/$check.sh" "${1:-HEAD}" || bad=1
done
exit $bad
