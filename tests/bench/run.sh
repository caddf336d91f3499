#!/usr/bin/env bash
# tests/bench/run.sh [NAME]: builds the benchmarks and prints their lines; NAME runs one (bus, sched, json, storage, cel, schema,
# gateway). Each line names its settings. Ratios are taken within one run; the machine should have nothing else to do.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/setup.sh
wanted=${1:-}
# shellcheck disable=SC2086
socle_install $socle_packages wrk >&2
loan=../shared/loan
bin=build/release/tests/bench
known=""
bench() {  # NAME TARGET COMMAND...
  name=$1
  target=$2
  shift 2
  known="$known $name"
  [ -z "$wanted" ] || [ "$wanted" = "$name" ] || return 0
  # shellcheck disable=SC2086
  socle_build release $target >&2
  "$@"
  ran=yes
}
ran=no
bench bus bus_bench $bin/bus/bus_bench
bench sched "sched_bench socle gateway busy socle_load" tests/bench/sched/run.sh
bench json json_bench $bin/json/json_bench $loan/valid.jsonl
bench storage storage_bench bash -c 'd=$(mktemp -d); trap "rm -rf $d" EXIT; build/release/tests/bench/storage/storage_bench ../shared/loan/valid.jsonl "$d"'
bench cel cel_bench $bin/cel/cel_bench $loan/valid.jsonl
bench schema schema_bench $bin/schema/schema_bench $loan ../shared/conformance/schema-bench
bench gateway "socle gateway page bare_beast" tests/bench/gateway/run.sh
[ "$ran" = yes ] || { echo "no benchmark '$wanted'; there are:$known" >&2; exit 2; }
