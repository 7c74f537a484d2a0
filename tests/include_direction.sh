#!/usr/bin/env bash
# Fails when a folder includes headers that its layer must not know (DESIGN: decoders -> nothing of ours;
# rules, output -> decoders; output also reads the signatures' plain data; engine -> all).
set -u
cd "$1" || exit 2
bad=0
check() { # folder, forbidden pattern
  if grep -rnE "^#include \"($2)/" "$1" --include='*.h' --include='*.cc' --include='*.def'; then
    echo "include_direction: $1 must not include from $2" >&2
    bad=1
  fi
}
check decoders 'engine|rules|output'
check rules 'engine|output'
check output 'engine'
# Of the rules, output sees only what a signature is.
if grep -rnE '^#include "rules/' output --include='*.h' --include='*.cc' | grep -v '"rules/signature.h"'; then
  echo "include_direction: output may include rules/signature.h only" >&2
  bad=1
fi
exit $bad
