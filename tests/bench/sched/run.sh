#!/usr/bin/env bash
# tests/bench/sched/run.sh: the scheduler's own cost (sched_bench) and a call through the bus with it in place (bus_bench);
# then whole kernels (run.py): shares by weight with 1, 2 and 64 connections; a light tenant's p99 (open loop, constant
# rate) alone, beside a tenant that offers its share, and beside one that offers 50 times its share; the same beside
# floods of unauthenticated, malformed and TLS traffic; CPU a request with and without the scheduler. Server on one core,
# clients on another. Settings: CASES (those of run.py), SECONDS_EACH (5; shares measure twice that), SOCLE_BUILD
# (build/release).
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=$(realpath -m "${SOCLE_BUILD:-build/release}")
cmake --build "$build" --target sched_bench bus_bench socle socle_unscheduled gateway busy socle_load >&2
"$build/tests/bench/sched/sched_bench"
"$build/tests/bench/bus/bus_bench"
SOCLE_BUILD=$build python3 -B tests/bench/sched/run.py
