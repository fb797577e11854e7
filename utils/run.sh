#!/usr/bin/env bash
# Installs what plmr needs, builds it and runs the bundled model.
set -euo pipefail
cd "$(dirname "$0")/.."

utils/setup.sh
utils/build.sh
model=models/plmr-stories-280k-f32.gguf
exec build/bin/plmr run -m "$model" -p "Once upon a time" -n 64 --temp 0 "$@"
