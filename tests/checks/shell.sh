#!/usr/bin/env bash
# Fails when shellcheck finds something in any script: shell.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
