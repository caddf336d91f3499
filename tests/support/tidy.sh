#!/usr/bin/env bash
# clang-tidy. Normally over the kernel, ten files at a time as one (headers are read once), without the static analyser,
# which looks at the main file only; with --full over kernel, SDK, plugins and examples, each file for itself, analyser
# included.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-normal}
if [ "$mode" = --full ]; then
  cmake --preset tidy >/dev/null
  git ls-files 'kernel/*.cpp' 'sdk/*.cpp' 'plugins/*.cpp' 'examples/*.cpp' ':!sdk/scaffold' |
    xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/tidy
  exit
fi
cmake --preset tidy -B build/tidy-joined -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10 >/dev/null
python3 - <<'PY' | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/tidy-joined \
  --checks=-clang-analyzer-*,-bugprone-suspicious-include,-bugprone-forward-declaration-namespace --header-filter='(kernel|sdk)/.*\.(hpp|cpp)$'
import json
for entry in json.load(open("build/tidy-joined/compile_commands.json")):
    path = entry["file"]
    if "/kernel/" in path and "/tests/" not in path:
        print(path)
PY
