#!/usr/bin/env bash
# tests/bench/run.sh [NAME]: builds the benchmarks and prints their lines, each with its settings, then all of them once more
# as a table for docs; NAME runs one (bus, sched, cell, json, cel, rules, policy, forms, live, many, pages, schema, storage, upkeep, models, gateway, auth, auth-flood, auth-lists, auth-sessions, audit, tenants, life, stall). Ratios are taken within one
# run; the machine should have nothing else to do.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/setup.sh
wanted=${1:-}
# shellcheck disable=SC2086
socle_install $socle_packages wrk nginx-light >&2
loan=../shared/loan
bin=build/release/tests/bench
export SOCLE_BUILD=$PWD/build/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
known="" ran=""
bench() {  # NAME TARGETS COMMAND...
  name=$1
  targets=$2
  shift 2
  known="$known $name"
  [ -z "$wanted" ] || [ "$wanted" = "$name" ] || return 0
  # shellcheck disable=SC2086
  socle_build release $targets >&2
  echo "== $name (load $(cut -d' ' -f1 /proc/loadavg))"
  "$@" | tee "$work/$name"
  ran="$ran $name"
}
demo="socle gateway storage-rocksdb hello notes open_loop"
all_plugins="socle gateway storage-rocksdb audit auth blob hello notes models openapi rules forms pages"  # manifests/demo.yaml's
bench bus bus_bench $bin/bus/bus_bench
bench sched "sched_bench bus_bench socle socle_unscheduled gateway busy socle_load" tests/bench/sched/run.sh
bench json json_bench $bin/json/json_bench $loan/valid.jsonl
bench cell cell_bench $bin/cell/cell_bench
bench cel cel_bench bash -c "$bin/cel/cel_bench $loan/valid.jsonl | tee $work/ours; tests/bench/rules/peers.sh cel $loan/valid.jsonl $work/ours"
bench rules rules_bench bash -c "$bin/rules/rules_bench | tee $work/ours; tests/bench/rules/peers.sh rules $loan/valid.jsonl $work/ours"
bench policy policy_bench bash -c "$bin/policy/policy_bench; tests/bench/policy/peers.sh"
bench schema schema_bench bash -c "$bin/schema/schema_bench $loan ../shared/conformance/schema-bench; tests/bench/schema/peers.sh $loan ../shared/conformance/schema-bench"
bench models "socle storage-rocksdb gateway notes models models-kind models-driver rules socle_load" /usr/bin/python3 -B tests/bench/models/run.py
bench forms "socle storage-rocksdb gateway models rules forms pages forms_bench open_loop storage_bench bare_beast" bash -c "$bin/forms/forms_bench examples/loan/loan.yaml $loan/valid.jsonl; /usr/bin/python3 -B tests/bench/forms/run.py $loan/valid.jsonl"
bench live "socle storage-rocksdb gateway models rules forms open_loop" /usr/bin/python3 -B tests/bench/forms/live.py
bench many "socle storage-rocksdb gateway models rules forms" /usr/bin/python3 -B tests/bench/forms/many.py
bench pages "pages_bench" $bin/pages/pages_bench examples/loan/loan.yaml examples/loan/records.jsonl
bench storage storage_bench $bin/storage/storage_bench $loan/valid.jsonl "$work"
bench upkeep upkeep_bench $bin/storage/upkeep_bench "$work"
bench gateway "socle gateway page bare_beast" tests/bench/gateway/run.sh
bench auth "socle storage-rocksdb gateway auth hello auth_bench" bash -c "$bin/auth/auth_bench; /usr/bin/python3 -B tests/bench/auth/run.py"
bench auth-flood "$demo auth" python3 tests/bench/auth/login_flood.py
bench auth-lists "$demo auth models forms" python3 tests/bench/auth/members_list.py
bench auth-sessions "$demo auth caller" python3 tests/bench/auth/stored_sessions.py
bench tenants "tenants_bench socle storage-rocksdb gateway fake-auth notes socle_touch" bash -c "$bin/tenants/tenants_bench build/release/plugins $work/tenants-data; /usr/bin/python3 -B tests/bench/tenants/run.py"
bench audit "audit_bench socle storage-rocksdb gateway notes audit" bash -c "$bin/audit/audit_bench $work; /usr/bin/python3 -B tests/bench/audit/run.py"
bench life "$all_plugins" /usr/bin/python3 -B tests/bench/system/life.py
bench stall "$demo" /usr/bin/python3 -B tests/bench/system/stall.py
[ -n "$ran" ] || { echo "no benchmark '$wanted'; there are:$known" >&2; exit 2; }

cat <<TEXT

Machine: $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), Linux $(uname -r); $(git rev-parse --short HEAD 2>/dev/null || echo "no commit"), preset release, $(date -u +%F).

| benchmark | \`tests/bench/run.sh\` prints |
|---|---|
TEXT
for name in $ran; do
  sed -e '/^ *$/d' -e 's/  */ /g' -e 's/^ //' -e 's/|/\\|/g' -e "s/^\(.*\)$/| $name | \1 |/" "$work/$name"
done
