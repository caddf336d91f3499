#!/usr/bin/env bash
# tests/conformance/run.sh DIR [SUITE]: judges every file of DIR with this project. DIR holds one folder a suite, named and
# laid out as in ../shared/conformance/README.md; which files and cases are in it does not matter. Each suite ends with one line `SUITE: passed P failed F skipped S`; failed and skipped cases are named above it.
# Exit 0 only if nothing failed and something passed.
set -euo pipefail
usage() { echo "usage: tests/conformance/run.sh DIR [SUITE]" >&2; exit 2; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage
[ -d "$1" ] || { echo "run.sh: $1 is no folder; wanted one that holds the suites' folders" >&2; exit 2; }
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
  known="$known $suite"
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
known=
for suite in jsontestsuite jsonpatch mergepatch; do judge $suite $bin/json/conformance_json $suite "$dir"; done
judge cel $bin/cel/conformance_cel cel "$dir"
judge jose-cookbook $bin/jose/conformance_jose jose-cookbook "$dir"
for suite in dmn jdm; do judge $suite $bin/rules/conformance_rules $suite "$dir"; done
for suite in jsonschema schema-compat schema-bench; do judge $suite $bin/schema/conformance_schema $suite "$dir"; done
judge http11probe tests/conformance/http11.sh "$dir/http11probe/table.json"
for folder in "$dir"/*/; do
  suite=$(basename "$folder")
  case " $known " in
    *" $suite "*) ;;
    *) [ -n "$wanted" ] || [ ! -d "$folder" ] || echo "$suite: no judge of this project knows it, skipped" ;;
  esac
done
case " $known " in
  *" ${wanted:-jdm} "*) ;;
  *) echo "run.sh: no suite '$wanted'; there are:$known" >&2; exit 1 ;;
esac
if [ $judged = 0 ]; then
  echo "run.sh: no suite was judged: $dir has none of:$known" >&2
  exit 1
fi
exit $status
