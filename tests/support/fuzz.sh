#!/usr/bin/env bash
# tests/support/fuzz.sh TARGET CORPUS [SEEDS ...]: runs a libFuzzer target for $SOCLE_FUZZ_SECONDS (10), beginning with the
# files of the seed folders; those that do not exist are left out. CONFORMANCE/SUITE is a folder of $SOCLE_CONFORMANCE, by
# default ../shared/conformance beside the repository; what is relative is this repository's. New inputs go to CORPUS.
set -euo pipefail
target=$1
corpus=$2
shift 2
seconds=${SOCLE_FUZZ_SECONDS:-10}
case $seconds in
  '' | *[!0-9]*) echo "fuzz.sh: SOCLE_FUZZ_SECONDS is '$seconds'; wanted a number of seconds" >&2; exit 2 ;;
esac
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$corpus"
folders=()
for seed in "$@"; do
  case $seed in
    CONFORMANCE/*) folder=${SOCLE_CONFORMANCE:-$root/../shared/conformance}/${seed#CONFORMANCE/} ;;
    *) folder=$root/$seed ;;
  esac
  if [ -d "$folder" ]; then folders+=("$folder"); else echo "fuzz.sh: no seeds at $folder"; fi
done
# The length is bound, for one large seed would make every mutation as long as it. libFuzzer itself ends after the time;
# `timeout` ends one that hangs.
exec timeout $((seconds + 120)) "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=16384 \
  "$corpus" ${folders[@]+"${folders[@]}"}
