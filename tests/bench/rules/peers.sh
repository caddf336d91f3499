#!/usr/bin/env bash
# tests/bench/rules/peers.sh cel|rules LOAN.jsonl [OURS]: runs peers.mjs in a folder of its own into which npm puts the peers.
# Nothing is kept. Without node or without the packages it says so and is content.
set -euo pipefail
which=$1
loan=$(realpath "${2:-../shared/loan/valid.jsonl}")
ours=${3:+$(realpath "$3")}
here=$(cd "$(dirname "$0")" && pwd)
packages="@marcbachmann/cel-js @bufbuild/cel json-logic-js"
[ "$which" = rules ] && packages="@gorules/zen-engine"
if ! command -v npm >/dev/null; then
  echo "peers of $which: peer not reachable (no npm)"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/peers.mjs" "$folder"
cd "$folder"
# shellcheck disable=SC2086
if ! timeout 120 npm install --silent --no-audit --no-fund --no-save $packages >/dev/null 2>&1; then
  echo "peers of $which: peer not reachable ($packages)"
  exit 0
fi
# shellcheck disable=SC2086
timeout 120 node --expose-gc peers.mjs "$loan" "$which" $ours
