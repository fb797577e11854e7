#!/usr/bin/env bash
# Formats all C++ sources. With --check, fails if one is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
find include lib tools test benchmarks -name '*.h' -o -name '*.cpp' |
  LC_ALL=C sort | xargs clang-format-22 "${mode[@]}"
