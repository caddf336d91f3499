#!/usr/bin/env bash
# tests/conformance/http11.sh [TABLE.json [RUNNER OPTIONS]]: starts a kernel with the gateway and the test-only probe
# plugin and runs the http11probe runner that lies beside the table. Without a table it looks in $SOCLE_CONFORMANCE, by
# default ../shared/conformance beside the repository. Ends with `http11probe: passed P failed F skipped S`, names each
# MUST that failed without a reason in tests/conformance/http11/reasons.md, and exits 0 only if there is none.
# SOCLE_BUILD names another build folder; what it lacks is built. Exit 77: no table was given and none is there (ctest:
# skipped); 2: the one that is there cannot be used.
set -euo pipefail
given=${1:-}
[ $# = 0 ] || shift
[ -z "$given" ] || given=$(realpath "$given")
cd "$(dirname "$0")/../.."
table=${given:-${SOCLE_CONFORMANCE:-../shared/conformance}/http11probe/table.json}
runner=$(dirname "$table")/run_http11.py
[ -f "$table" ] || { echo "http11.sh: no table at $table" >&2; [ -n "$given" ] || exit 77; exit 2; }
# A table that is kept apart comes without its runner: use the open one.
[ -f "$runner" ] || runner=${SOCLE_CONFORMANCE:-../shared/conformance}/http11probe/run_http11.py
[ -f "$runner" ] || { echo "http11.sh: no run_http11.py beside $table" >&2; exit 2; }
python3 - "$table" <<'PY' || exit 2
import json, sys
try:
    tests = json.load(open(sys.argv[1], encoding="utf-8"))["tests"]
    missing = {key for test in tests for key in ("id", "category", "level", "scored", "steps", "expect") if key not in test}
    if not tests or missing:
        raise ValueError("its tests lack " + ", ".join(sorted(missing)) if missing else "it has no tests")
except (ValueError, KeyError, TypeError) as error:
    sys.exit("http11.sh: %s is no table: found %s %s; wanted {\"tests\": [{id, category, level, scored, steps, expect}]}" % (
        sys.argv[1], type(error).__name__, error))
PY
build=$(realpath -m "${SOCLE_BUILD:-build/release}")
if [ ! -x "$build/kernel/socle" ] || [ ! -f "$build/tests/plugins/probe/libprobe.so" ] ||
   [ ! -f "$build/plugins/gateway/libgateway.so" ]; then
  [ -f "$build/CMakeCache.txt" ] || cmake --preset release >&2
  cmake --build "$build" --target socle gateway probe >&2
fi

work=$(mktemp -d)
kernel=
trap '[ -z "$kernel" ] || { kill "$kernel" 2>/dev/null; wait "$kernel" 2>/dev/null || true; }; rm -rf "$work"' EXIT
sed -e "s|@BUILD@|$build|" tests/conformance/http11/system.yaml > "$work/system.yaml"
mkfifo "$work/ready"
"$build/kernel/socle" run "$work/system.yaml" --data "$work/data" --workers 1 > "$work/ready" 2> "$work/err" &
kernel=$!
# Blocks until the kernel's one line comes, or its end closes the pipe.
read -r -t 60 line < "$work/ready" || { cat "$work/err" >&2; exit 1; }
echo "$line" > "$work/out"
port=$(sed -n 's/^ready .*http=[^ ]*:\([0-9]*\) .*/\1/p' "$work/out")
[ -n "$port" ] || { echo "http11.sh: the kernel was not ready within 60 s" >&2; cat "$work/out" "$work/err" >&2; exit 1; }

probe() {  # RESULT RUNNER-OPTIONS...
  result=$1
  shift
  python3 "$runner" --port "$port" --table "$table" --path /p --echo-path /e --cookie-path /c --json "$result" --fail-on none "$@"
}
probe "$work/result" "$@"
# What failed is asked once more, alone and with more time: a machine that stands still for a moment has not answered either.
again=$(python3 - "$work/result" tests/conformance/http11/reasons.md <<'PY'
import json, re, sys
reasons = set(re.findall(r"^\| ([A-Z0-9.-]+) \|", open(sys.argv[2], encoding="utf-8").read(), re.M))
print(" ".join("--only " + r["id"] for r in json.load(open(sys.argv[1], encoding="utf-8"))
               if r["verdict"] in ("FAIL", "ERROR") and r["id"] not in reasons))
PY
)
cp "$work/result" "$work/again"
if [ -n "$again" ]; then
  echo "http11.sh: once more: $again"
  # shellcheck disable=SC2086
  probe "$work/again" --jobs 1 --timeout 10 $again
fi
kill -0 "$kernel" || { echo "http11.sh: the kernel died" >&2; cat "$work/err" >&2; exit 1; }
python3 - "$work/result" "$table" tests/conformance/http11/reasons.md "$work/again" <<'PY'
import json, re, sys
later = {r["id"]: r for r in json.load(open(sys.argv[4], encoding="utf-8"))}
results = [later.get(r["id"], r) for r in json.load(open(sys.argv[1], encoding="utf-8"))]
level = {t["id"]: t["level"] for t in json.load(open(sys.argv[2], encoding="utf-8"))["tests"]}
reasons = set(re.findall(r"^\| ([A-Z0-9.-]+) \|", open(sys.argv[3], encoding="utf-8").read(), re.M))
failed = [r for r in results if r["verdict"] in ("FAIL", "ERROR")]
bad = [r for r in failed if r["id"] not in reasons]
skipped = [r for r in failed if r["id"] in reasons]
for r in skipped:
    print("skipped %s %s: %s; see reasons.md" % (level[r["id"]], r["id"], r["got"]))
for r in bad:
    print("failed %s %s: %s" % (level[r["id"]], r["id"], r["got"]))
passed = len(results) - len(failed)
print("http11probe: passed %d failed %d skipped %d" % (passed, len(bad), len(skipped)))
sys.exit(1 if bad or not passed else 0)
PY
