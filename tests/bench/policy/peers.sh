#!/usr/bin/env bash
# tests/bench/policy/peers.sh: runs peers.mjs in a folder of its own into which npm puts the peers. Nothing is kept.
# Without node or without the packages it says so and is content.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages="casbin @cedar-policy/cedar-wasm"
if ! command -v npm >/dev/null; then
  echo "peers of policy: peer not reachable (no npm)"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/peers.mjs" "$folder"
cd "$folder"
# shellcheck disable=SC2086
if ! timeout 120 npm install --silent --no-audit --no-fund --no-save $packages >/dev/null 2>&1; then
  echo "peers of policy: peer not reachable ($packages)"
  exit 0
fi
timeout 120 node peers.mjs
