#!/usr/bin/env bash
# tests/bench/gateway/run.sh: the gateway in a kernel with one worker, calling a trivial plugin, against a bare Beast server
# that returns the same bytes and against nginx. One line a case and server: median of the rounds, their spread, server CPU
# a request; then the ratios of the medians. Rounds alternate between the servers, server on core 0, wrk on core 1.
# Settings: ROUNDS (5), SECONDS_EACH (2), CONNECTIONS (64), SOCLE_BUILD (build/release). Needs wrk; nginx is optional.
set -euo pipefail
cd "$(dirname "$0")/../../.."
rounds=${ROUNDS:-5} each=${SECONDS_EACH:-2} connections=${CONNECTIONS:-64}
build=$(realpath -m "${SOCLE_BUILD:-build/release}")
command -v wrk >/dev/null || { echo "run.sh: wrk is missing (apt-get install wrk)" >&2; exit 2; }
[ -f "$build/CMakeCache.txt" ] || cmake --preset release >&2
cmake --build "$build" --target socle gateway page bare_beast >&2
work=$(mktemp -d)
declare -A pid port kernel
trap 'for p in "${pid[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT

await() {  # FILE PATTERN: the first match's group, within 10 s
  for _ in $(seq 100); do
    found=$(sed -n "s/$2/\1/p" "$1" | head -1)
    [ -n "$found" ] && { echo "$found"; return 0; }
    sleep 0.1
  done
  echo "run.sh: nothing in $1" >&2
  return 1
}
sed -e "s|@BUILD@|$build|" tests/bench/gateway/system.yaml > "$work/system.yaml"
taskset -c 0 "$build/kernel/socle" run "$work/system.yaml" --data "$work/data" --workers 1 > "$work/socle.out" 2> "$work/socle.err" &
pid[gateway]=$!
port[gateway]=$(await "$work/socle.out" '^ready .*http=[^ ]*:\([0-9]*\) .*')
kernel[gateway]=$(await "$work/socle.out" '^ready .*pid=\([0-9]*\).*')  # the process that serves; the other watches it
mkfifo "$work/stdin"
sleep 100000 > "$work/stdin" &
pid[stdin]=$!
taskset -c 0 "$build/tests/bench/gateway/bare_beast" < "$work/stdin" > "$work/beast.out" &
pid[beast]=$!
port[beast]=$(await "$work/beast.out" '^port=\([0-9]*\)')
servers="gateway beast"
if command -v nginx >/dev/null; then
  mkdir -p "$work/nginx/logs"
  head -c 65536 /dev/zero | tr '\0' x > "$work/nginx/64k"
  port[nginx]=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
  cat > "$work/nginx/nginx.conf" <<CONF
daemon off; master_process off; worker_processes 1; pid logs/pid; error_log logs/error;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; sendfile on; default_type text/plain; server { listen 127.0.0.1:${port[nginx]};
  location = /1k { return 200 "$(head -c 1024 /dev/zero | tr '\0' x)"; } location = /64k { root $work/nginx; } } }
CONF
  taskset -c 0 nginx -p "$work/nginx" -c nginx.conf -e logs/error &
  pid[nginx]=$!
  sleep 0.5
  servers="$servers nginx"
fi
printf 'wrk.method = "POST"\nwrk.body = string.rep("x", 65536)\n' > "$work/post.lua"

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
measure() {  # SERVER PATH: appends "requests/s µs" to a file of its own
  extra=""
  [ "$2" = /sink ] && extra="-s $work/post.lua"
  of=${kernel[$1]:-${pid[$1]}}
  before=$(ticks "$of")
  # shellcheck disable=SC2086
  taskset -c 1 wrk -t1 -c"$connections" -d"${each}s" $extra "http://127.0.0.1:${port[$1]}$2" > "$work/wrk"
  after=$(ticks "$of")
  ! grep -q 'Non-2xx\|Socket errors' "$work/wrk" || { echo "run.sh: $1 $2 failed requests:" >&2; cat "$work/wrk" >&2; exit 1; }
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" '/requests in/ {n=$1} /Requests\/sec/ {r=$2} END {print r, t / hz * 1e6 / n}' \
    "$work/wrk" >> "$work/$1${2//\//_}"
}
for path in /1k /64k /sink; do
  list=$servers
  [ $path = /sink ] && list="gateway beast"
  for server in $list; do measure "$server" $path; rm "$work/$server${path//\//_}"; done  # warm-up
  for _ in $(seq "$rounds"); do for server in $list; do measure "$server" $path; done; done
done
echo "machine: $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1); $rounds rounds of $each s, $connections connections, wrk on core 1, server on core 0; load $(cut -d' ' -f1 /proc/loadavg)"
python3 - "$work" <<'PY'
import os, statistics, sys
work = sys.argv[1]
names = {"_1k": "GET 1 KB", "_64k": "GET 64 KB", "_sink": "POST 64 KB"}
for key, name in names.items():
    got = {}
    for server in ("gateway", "beast", "nginx"):
        path = os.path.join(work, server + key)
        if not os.path.exists(path):
            continue
        rows = [tuple(map(float, l.split())) for l in open(path)]
        rate, cpu = [r[0] for r in rows], [r[1] for r in rows]
        got[server] = statistics.median(rate), statistics.median(cpu)
        print("gateway_bench %-10s %-8s %8.0f requests/s (deviation %.0f), %.2f us CPU a request"
              % (name, server, got[server][0], statistics.pstdev(rate), got[server][1]))
    for other in ("beast", "nginx"):
        if other in got:
            print("gateway_bench %-10s gateway/%s: throughput %.2f, CPU a request %.2f"
                  % (name, other, got["gateway"][0] / got[other][0], got["gateway"][1] / got[other][1]))
PY
