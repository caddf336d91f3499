#!/usr/bin/env bash
# clang-tidy over the kernel's concurrent heart (bus, lifecycle); with --full over kernel, SDK, plugins and
# examples.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-normal}
files=$(git ls-files 'kernel/*.cpp' 'sdk/*.cpp' 'plugins/*.cpp' 'examples/*.cpp' ':!sdk/scaffold')
if [ "$mode" != --full ]; then
  files=$(git ls-files 'kernel/bus/*.cpp' 'kernel/lifecycle/*.cpp')
fi
cmake --preset tidy >/dev/null
echo "$files" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/tidy
