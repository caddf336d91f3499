#!/usr/bin/env bash
# Installs what is missing, builds, runs the tests, ends with ctest's summary line.
#   ./tests/run.sh          release build with all tests; ASan+UBSan (clang's, in the tree of the fuzz targets) and TSan
#                           builds of the parts that need them
#   ./tests/run.sh --quick  release build, without tests that take over a minute (label `long`)
#   ./tests/run.sh --full   everything, with full sanitizers, long torture and fuzz runs
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/support/setup.sh

mode=${1:-normal}
case $mode in normal|--quick|--full) ;; *) echo "usage: tests/run.sh [--quick|--full]" >&2; exit 2 ;; esac
# shellcheck disable=SC2086
socle_install $socle_packages
# shellcheck disable=SC2086
[ "$mode" != --full ] || socle_install $socle_browser_packages

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
test_preset() {  # PRESET ctest-arguments...
  preset=$1
  shift
  # The tests run as somebody else: ctest writes its logs into the build tree, some tests build there.
  install -d -m 777 "build/$preset/Testing" "build/$preset/Testing/Temporary"
  rm -f "build/$preset/Testing/Temporary/"*
  chmod -R a+rwX "build/$preset"
  socle_unprivileged ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@"
}

step "format"
git ls-files '*.cpp' '*.hpp' '*.h' '*.c' | grep -v -e '^tests/contract/abi-' -e '^sdk/scaffold/' | xargs clang-format --dry-run --Werror

step "release build"
socle_build release
socle_build release socle_unscheduled  # a benchmark that stands in for the scheduler, so it breaks with each change of that

if [ "$mode" != --quick ]; then
  step "clang-tidy"
  tests/support/tidy.sh "$mode"

  step "ASan and UBSan: kernel, SDK, parsers, unit tests; fuzz targets, shortly"
  socle_build fuzz unit_tests fuzz_targets
  if [ "$mode" = --full ]; then
    export SOCLE_FUZZ_SECONDS=120
    test_preset fuzz -L 'unit|fuzz' -j 2
  else
    export SOCLE_FUZZ_SECONDS=5
    test_preset fuzz -L 'unit|fuzz' -E '\.cell$' -j 3  # in both homes: the release tests
  fi

  step "TSan: bus, scheduler, cells, lifecycle, tenants, telemetry, commit lane"
  socle_build tsan tsan_tests
  test_preset tsan -L tsan -j 2

  if [ "$mode" = --full ]; then
    step "TSan, ASan and UBSan: GCC's, with everything"
    socle_build tsan
    test_preset tsan -L unit
    export SOCLE_CRASH_ROUNDS=300
    socle_build asan
    test_preset asan
  fi
fi

step "release tests"
case $mode in
  --quick) test_preset release -j 2 -LE long ;;
  --full) SOCLE_FULL=1 test_preset release -j 2 ;;
  *) test_preset release -j 3 ;;  # many of them wait most of the time
esac
