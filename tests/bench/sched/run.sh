#!/usr/bin/env bash
# tests/bench/sched/run.sh: the scheduler's own cost (sched_bench), then a light tenant's p99 (open loop, constant rate)
# alone, beside a tenant that offers exactly its share, and beside one that offers 50 times its share. Server on one core,
# clients on another. Settings: SECONDS_EACH (5), SOCLE_BUILD (build/release).
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=$(realpath -m "${SOCLE_BUILD:-build/release}")
cmake --build "$build" --target sched_bench socle gateway busy socle_load >&2
"$build/tests/bench/sched/sched_bench"
SOCLE_BUILD=$build python3 -B tests/bench/sched/light.py
