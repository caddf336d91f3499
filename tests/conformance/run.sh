#!/usr/bin/env bash
# tests/conformance/run.sh DIR [SUITE]: judges every file of DIR (layout of docs/conformance.md) with this project. Each
# suite ends with one line `SUITE: passed P failed F skipped S`; failed and skipped cases are named above it.
# Exit 0 only if nothing failed and something passed.
set -euo pipefail
usage() { echo "usage: tests/conformance/run.sh DIR [SUITE]" >&2; exit 2; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage
dir=$(realpath "$1")
wanted=${2:-}
cd "$(dirname "$0")/../.."
. tests/support/setup.sh
# shellcheck disable=SC2086
socle_install $socle_packages >&2
socle_build release conformance_tools >&2
bin=build/release/tests/conformance

judge() {  # SUITE COMMAND...
  suite=$1
  shift
  [ -z "$wanted" ] || [ "$wanted" = "$suite" ] || return 0
  if [ ! -d "$dir/$suite" ]; then
    if [ -n "$wanted" ]; then echo "$suite: $dir/$suite does not exist" >&2; status=1; else echo "$suite: not in $dir, skipped"; fi
    return 0
  fi
  judged=$((judged + 1))
  "$@" || status=1
}

status=0
judged=0
for suite in jsontestsuite jsonpatch mergepatch; do judge $suite $bin/json/conformance_json $suite "$dir"; done
judge cel $bin/cel/conformance_cel "$dir"
judge jose-cookbook $bin/jose/conformance_jose "$dir"
for suite in dmn jdm; do judge $suite $bin/rules/conformance_rules $suite "$dir"; done
for suite in jsonschema schema-compat schema-bench; do judge $suite $bin/schema/conformance_schema $suite "$dir/$suite"; done
judge http11probe tests/conformance/http11.sh "$dir/http11probe/table.json"
if [ $judged = 0 ]; then
  echo "no suite was judged${wanted:+: this project has no suite '$wanted' yet}" >&2
  exit 1
fi
exit $status
