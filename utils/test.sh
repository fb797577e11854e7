#!/usr/bin/env bash
# Installs what plmr needs, builds it and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."

utils/setup.sh
utils/build.sh
ctest --test-dir build --output-on-failure
