#!/usr/bin/env bash
# clang-tidy over the kernel's concurrent heart (bus, lifecycle); with --full over kernel and SDK libraries. Plugins are
# compiled with a flag that clang does not know (-fno-gnu-unique) and are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-normal}
files=$(git ls-files 'kernel/*.cpp' 'sdk/json/*.cpp' 'sdk/cel/*.cpp' 'sdk/schema/*.cpp' 'sdk/testing/*.cpp')
if [ "$mode" != --full ]; then
  files=$(git ls-files 'kernel/bus/*.cpp' 'kernel/lifecycle/*.cpp')
fi
echo "$files" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/release
