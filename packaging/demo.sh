#!/bin/sh
# The main job on the embedded default, then the window on its result.
set -eu
cd "$(dirname "$0")/.."
project=$1

.venv/bin/core demo "$project"

if [ -z "${CI:-}" ] && { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname)" = Darwin ]; }; then
    echo "Opening the Studio on it: close its window to come back here."
    exec .venv/bin/studio "$project"
fi
echo "No display here. Where there is one, open the Studio on it with: .venv/bin/studio $project"
