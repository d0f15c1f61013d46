#!/bin/sh
# Write constraints.txt anew: the newest versions that fit pyproject.toml on every system at once, and no index address.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "constraints.sh needs uv (pip install uv)." >&2; exit 1; }
made=$(uv pip compile --quiet --universal --python-version 3.11 --extra test --extra bench --extra zoo --no-header \
    --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml)
{
    echo "# Exact versions for Python 3.11 to 3.13 on Linux (x86-64), Windows (x64) and macOS (Apple silicon)."
    echo '# Made by `make constraints`; used by every set-up command of the README.'
    # A constraint on a package that a system does not install does no harm: only Python's version matters here.
    echo "$made" | sed -E "s/python_full_version/python_version/; /python_version < '3.1[5-9]'/s/ ;.*//; /python_version/!s/ ;.*//"
} >constraints.txt
echo "constraints.txt: $(grep -c == constraints.txt) versions"
