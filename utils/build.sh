#!/usr/bin/env bash
# Configures and builds plmr in build/. Installs nothing: see setup.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
[ -f build/build.ninja ] ||
  cmake --preset release -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >&2
cmake --build --preset release "$@" >&2
