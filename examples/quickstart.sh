#!/usr/bin/env bash
# From a fresh Debian 12 to a running Socle: installs what is missing, builds, starts the demo on the embedded store.
#   ./examples/quickstart.sh            serves until Ctrl-C
#   ./examples/quickstart.sh --check    the same, runs real requests through every plugin, stops; 0 only if all answered
#   ./examples/quickstart.sh --port N   the HTTP port (0: any free one; default 8080, with --check any free one)
# What can be said of its arguments is said before anything is installed or built: wrong usage exits 2, a port that is
# taken 1.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/support/setup.sh

usage="usage: examples/quickstart.sh [--check] [--port N]"
refuse() {  # EXIT-CODE TEXT
  echo "quickstart.sh: $2" >&2
  [ "$1" != 2 ] || echo "$usage" >&2
  exit "$1"
}
taken() {  # PORT: somebody listens on it
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

check=no
port=
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=yes; shift ;;
    --port)
      [ $# -gt 1 ] || refuse 2 "--port has no number behind it; wanted 0 to 65535"
      [[ $2 =~ ^[0-9]{1,5}$ && 10#$2 -le 65535 ]] || refuse 2 "found --port '$2'; wanted a number from 0 to 65535"
      port=$((10#$2))
      shift 2
      ;;
    --help)
      cat <<TEXT
$usage
Installs what is missing (apt), builds, starts the demo on the embedded store and prints its addresses.
  --check    run real requests through every plugin and stop; exits 0 only if all answered
  --port N   the HTTP port; 0: any free one; 8080 otherwise, with --check any free one
TEXT
      exit
      ;;
    *) refuse 2 "unknown argument '$1'" ;;
  esac
done
[ -n "$port" ] || { [ "$check" = yes ] && port=0 || port=8080; }
[ "$port" = 0 ] || ! taken "$port" || refuse 1 "port $port is in use; give another by --port N, or --port 0 for any free one"
[ "$check" = yes ] || ! taken 9090 || refuse 1 "port 9090, which the demo's listener ops wants, is in use; stop who listens there"

# shellcheck disable=SC2086
socle_install $socle_packages
socle_build release socle gateway storage-rocksdb audit auth blob hello notes models openapi rules forms pages

work=$(mktemp -d)
kernel=
stop() {
  [ -z "$kernel" ] || kill -TERM "$kernel" 2>/dev/null || true
  [ -z "$kernel" ] || wait "$kernel" || true
  rm -rf "$work"
}
trap stop EXIT
data=build/demo
[ "$check" = no ] || data=$work/data
manifest=manifests/demo.yaml
if [ "$check" = yes ]; then
  # The ops port must be free too when several checks run at once.
  sed -e 's/127.0.0.1:9090/127.0.0.1:0/' -e "s|\.\./build|$PWD/build|g" "$manifest" >"$work/demo.yaml"
  manifest=$work/demo.yaml
fi
mkfifo "$work/ready"
build/release/kernel/socle run "$manifest" --data "$data" --listen "127.0.0.1:$port" --control "$work/control.sock" >"$work/ready" 2>"$work/log" &
kernel=$!
if ! read -r -t 30 ready <"$work/ready"; then
  echo "the kernel did not start:" >&2
  cat "$work/log" >&2
  exit 1
fi
value() { sed "s/.* $1=\([^ ]*\).*/\1/" <<<"$ready"; }
http=http://$(value http)
ops=http://$(value ops)
export SOCLE_CONTROL=$work/control.sock
# The loan application: a form and its ruleset, applied from their files; the same files again change nothing.
build/release/kernel/socle model apply examples/loan --tenant demo >"$work/models" || { cat "$work/models" >&2; exit 1; }
# A new demo has some records to look at; one that has records already keeps its own.
if [ "$check" = no ] && [ "$(curl -s "$http/v1/forms/loan/records?limit=1" | grep -c '"items":\[\]')" = 1 ]; then
  examples/loan/seed.py 200 | curl -s -o "$work/seeded" -H 'Content-Type: application/x-ndjson' --data-binary @- "$http/v1/forms/loan/records:import"
fi
cat <<TEXT

Socle serves.
  open this       $http/forms/loan/new   a loan application to fill in; $http/ lists all forms, $http/login signs in
  say hello       curl $http/v1/hello/Ada
  notes           curl -X POST $http/v1/notes -H 'Content-Type: application/json' -d '{"title": "First", "text": "It works"}'
                  curl $http/v1/notes
  a form          curl $http/v1/forms/loan   its records: curl $http/v1/forms/loan/records
  a file          curl -X POST "$http/v1/files?name=hello.txt" -H 'Content-Type: text/plain' --data-binary 'Hello'
  its whole API   curl $http/v1/openapi.json
  health, metrics $ops/readyz  $ops/metrics
  operate         SOCLE_CONTROL=$SOCLE_CONTROL build/release/kernel/socle plugin list
  demo login      none needed: requests on this loopback listener count as user demo-user of tenant demo; as its operator:
                  curl -H "Authorization: Bearer \$(build/release/kernel/socle tenant token demo)" $http/v1/auth/users
  memory          $(($(value rss) / 1048576)) MiB resident, started in $(value started_in)
TEXT

if [ "$check" = no ]; then
  echo "Ctrl-C stops it; its data stays in $data."
  wait "$kernel"
  exit
fi

failed=0
expect() {  # NAME PATTERN COMMAND...
  name=$1
  pattern=$2
  shift 2
  if "$@" 2>&1 | tr -d '\r' >"$work/out" && grep -q -- "$pattern" "$work/out"; then
    echo "ok      $name"
  else
    echo "FAILED  $name: wanted '$pattern', got:"
    cat "$work/out"
    failed=1
  fi
}
json=(-H 'Content-Type: application/json')
expect "gateway: unknown path" '"code":"no_route"' curl -s "$http/nowhere"
expect "hello: greeting" '^Hello, Ada!$' curl -s "$http/v1/hello/Ada"
expect "notes: create" '^HTTP/1.1 201' curl -si -X POST "$http/v1/notes" "${json[@]}" -d '{"title": "First", "text": "It works"}'
location=$(sed -n 's/^[Ll]ocation: //p' "$work/out")
expect "notes: read" 'It works' curl -s "$http${location}"
expect "notes: list" '"items"' curl -s "$http/v1/notes"
expect "notes: bad input" '^HTTP/1.1 4' curl -si -X POST "$http/v1/notes" "${json[@]}" -d '{"title": 1}'
expect "models: the gallery" '"loan-credit"' curl -s "$http/v1/templates"
expect "models: list" '"complete":true' curl -s "$http/v1/models"
limit='{"rules": "limit", "input": {"type": "object", "required": ["income"], "properties": {"income": {"type": "number"}}},
  "steps": [{"set": "limit", "expr": "input.income * 10"}], "output": {"limit": "limit"}}'
expect "models: draft" '^HTTP/1.1 20' curl -si -X PUT "$http/v1/models/rules/limit" "${json[@]}" -d "$limit"
expect "models: publish" '"version":"1.0.0"' curl -s -X POST "$http/v1/models/rules/limit/publish" "${json[@]}" -d '{}'
expect "rules: evaluate" '"limit":50' curl -s -X POST "$http/v1/rules/limit/evaluate" "${json[@]}" -d '{"input": {"income": 5}}'
expect "forms: create" '"monthlyPayment":"1060.00"' curl -s -X POST "$http/v1/forms/loan/records" "${json[@]}" -d "$(head -1 examples/loan/records.jsonl)"
expect "forms: the ruleset's output" '"grade":"A"' curl -s "$http/v1/forms/loan/records"
expect "forms: errors at their fields" '"pointer":"/email","code":"required"' curl -s -X POST "$http/v1/forms/loan/records" "${json[@]}" -d '{}'
expect "forms: import" '"created":4' curl -s -X POST "$http/v1/forms/loan/records:import" -H 'Content-Type: application/x-ndjson' --data-binary "$(tail -n +2 examples/loan/records.jsonl)"
expect "forms: export" 'call_center' curl -s "$http/v1/forms/loan/records:export?format=csv"
expect "forms: list by filter" '"applicationNo":"LA-2026-00000001"' curl -s -G "$http/v1/forms/loan/records" --data-urlencode "filter=channel == 'web'"
examples/loan/seed.py 200 >"$work/seed.jsonl"
expect "forms: seeded" '"created":200' curl -s -H 'Content-Type: application/x-ndjson' --data-binary "@$work/seed.jsonl" "$http/v1/forms/loan/records:import"
expect "blob: upload" '"size":5' curl -s "$http/v1/files?name=hello.txt" -H 'Content-Type: text/plain' --data-binary Hello
file=$(sed -n 's/.*"href":"\([^"]*\)".*/\1/p' "$work/out")
expect "blob: a range of it" '^ell$' curl -s "$http$file" -H 'Range: bytes=1-3'
expect "openapi: the form is in it" '"/v1/forms/loan/records"' curl -s "$http/v1/openapi.json"
expect "pages: the loan application" '<html lang="en">.*' curl -s "$http/forms/loan/new" -H 'Accept: text/html'
expect "pages: in Chinese" '贷款申请' curl -s "$http/v1/forms/loan/page" -H 'Accept-Language: zh-CN'
expect "pages: strict policy" "^[Cc]ontent-[Ss]ecurity-[Pp]olicy: default-src 'none'" curl -si "$http/"
token=$(build/release/kernel/socle tenant token demo)
bearer=(-H "Authorization: Bearer $token")
expect "auth: no credential is no administrator" '"code":"role_above_own"' curl -s -X POST "$http/v1/auth/users" "${json[@]}" -d '{"username": "ann", "roles": ["member"]}'
expect "auth: invite" '"password_link"' curl -s -X POST "$http/v1/auth/users" "${bearer[@]}" "${json[@]}" -d '{"username": "ann", "roles": ["member"]}'
link=$(sed 's/.*"password_link":"[^"]*\(\/v1\/auth\/links\/[^"]*\)".*/\1/' "$work/out")
expect "auth: set a password" '"username":"ann"' curl -s -X POST "$http$link" "${json[@]}" -d '{"password": "tr0ub4dor&3"}'
expect "auth: sign in" '^[Ss]et-[Cc]ookie: socle_session=ss_demo_' curl -si -X POST "$http/v1/auth/login" "${json[@]}" -d '{"username": "ann", "password": "tr0ub4dor&3"}'
expect "auth: a bad credential opens nothing" '"code":"bad_credential"' curl -s "$http/v1/notes" -H "Authorization: Bearer nonsense"
for plugin in audit auth blob hello notes models openapi rules forms pages gateway storage-rocksdb; do
  expect "swap $plugin" 'active' build/release/kernel/socle plugin swap $plugin "$PWD/build/release/plugins/$plugin"
done
expect "notes: still there after the swaps" 'It works' curl -s "$http${location}"
expect "notes: delete" '^HTTP/1.1 204' curl -si -X DELETE "$http${location}"
expect "audit: the sign-in is in the trail" '"operation":"auth.login"' curl -s "$http/v1/audit?operation=auth.login" "${bearer[@]}"
expect "audit: verify" 'are what was written' build/release/kernel/socle audit verify
expect "storage: backup" . build/release/kernel/socle storage backup "$work/backup"
expect "storage: verify" . build/release/kernel/socle storage verify "$work/backup"
expect "ops: ready" '"ready":true' curl -s "$ops/readyz"
expect "ops: metrics" '^gateway_requests_total' curl -s "$ops/metrics"
expect "control: status" ok build/release/kernel/socle status
kill -TERM "$kernel"
status=0
wait "$kernel" || status=$?
kernel=
if [ $status != 0 ]; then
  echo "FAILED  the kernel ended with $status"
  failed=1
fi
[ $failed = 0 ] && echo "all plugins answered"
exit $failed
