#!/usr/bin/env bash
# tests/bench/schema/peers.sh LOAN_DIR [SCHEMA_BENCH_DIR]: the lines of schema_bench from ajv, and the 42-field record from
# @sourcemeta/jsonschema (compiled for speed, formats asserted), in a folder of its own into which npm puts them. Nothing is
# kept. Without node or without the packages it says so and is content.
set -euo pipefail
loan=$(realpath "$1")
real=${2:+$(realpath -m "$2")}
here=$(cd "$(dirname "$0")" && pwd)
packages="ajv@8 ajv-formats@3 @sourcemeta/jsonschema"
if ! command -v npm >/dev/null; then
  echo "peers of schema: not reachable (no npm)"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/ajv.mjs" "$folder"
cd "$folder"
# shellcheck disable=SC2086
if ! timeout 180 npm install --silent --no-audit --no-fund --no-save $packages >/dev/null 2>&1; then
  echo "peers of schema: not reachable ($packages)"
  exit 0
fi
# shellcheck disable=SC2086
timeout 200 node ajv.mjs "$loan" $real
# It prints one line a record: mean +- deviation. Their median is the number.
sed '1s/{/{"$schema": "https:\/\/json-schema.org\/draft\/2020-12\/schema",/' "$loan/schema.json" >schema.json
grep -q '"$schema".*"$schema"' <(tr -d '\n' <schema.json) && cp "$loan/schema.json" schema.json
for round in 1 2 3; do
  node_modules/.bin/jsonschema validate schema.json "$loan/valid.jsonl" --benchmark --loop 200 --fast --format-assertion 2>&1 |
    sed -n 's/.*PASS \([0-9.]*\) +-.*/\1/p' | sort -n | awk '{v[NR] = $1} END {printf "%.3f\n", v[int((NR + 1) / 2)]}'
done | sort -n | sed -n 2p | awk '{printf "%-58s %10.1f ns\n", "@sourcemeta/jsonschema loan, valid, parsed", $1 * 1000}'
