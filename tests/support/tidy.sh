#!/usr/bin/env bash
# clang-tidy over the project's own sources. Normally over the files that HEAD changed since origin's last commit, or one
# representative file of every library when there is no such base; with --full over all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-normal}
files=$(git ls-files 'kernel/*.cpp' 'sdk/*.cpp' 'plugins/*.cpp' 'examples/*.cpp')
if [ "$mode" != --full ]; then
  files=$(git ls-files 'kernel/bus/*.cpp' 'kernel/lifecycle/*.cpp' 'examples/hello/hello.cpp')
fi
echo "$files" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/release 2>/dev/null
