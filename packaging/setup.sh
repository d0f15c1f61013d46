#!/bin/sh
# Make .venv with the exact versions of constraints.txt, and give Qt the system libraries it lacks.
# `setup.sh` installs the program, `setup.sh test` also what tests and checks need. A second run is a glance at a stamp.
set -eu
cd "$(dirname "$0")/.."
extra=${1:-}
venv=.venv
python=$venv/bin/python

say() { printf '%s\n' "==> $*"; }
stop() { printf '%s\n' "Set-up stopped: $1" "  $2" >&2; exit 1; }
may_use_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# Quiet unless it fails; never asks anything.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    if { apt-get update && apt-get install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 3 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if suits "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

make_venv() {
    host=$(find_python) || stop "no Python 3.11, 3.12 or 3.13 was found${PYTHON:+ at $PYTHON}." \
        "Install one (Debian, Ubuntu: sudo apt-get install -y python3 python3-venv), or name it: make PYTHON=/path/to/python"
    version=$("$host" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    # Debian and Ubuntu split ensurepip off Python; without it a new environment has no pip.
    if ! "$host" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        line="apt-get install -y python$version-venv"
        may_use_apt || stop "Python $version here cannot make environments (its venv part is a package of its own)." "Type: sudo $line"
        say "Installing python$version-venv"
        apt_install "python$version-venv" || stop "apt could not install python$version-venv." "Type: $line"
    fi
    say "Making $venv with Python $version"
    rm -rf "$venv"
    "$host" -m venv "$venv" || stop "the environment $venv could not be made with $host." "Its message is above."
}

install_packages() {
    say "Installing the packages of constraints.txt${extra:+ and the $extra tools} (up to 3 GB the first time: some minutes)"
    # PyTorch's wheels are large: a slow line needs patience, not a failure.
    PIP_DEFAULT_TIMEOUT=${PIP_DEFAULT_TIMEOUT:-120} "$python" -m pip install --quiet --quiet --no-input --retries 5 \
        --disable-pip-version-check --constraint constraints.txt --editable ".${extra:+[$extra]}" ||
        stop "pip could not install the packages; its reason is above." "Check the network and the free disk space (10 GB), then run the same command again: it goes on where it stopped."
}

# Qt loads these when a window opens, so nothing else would report them before.
install_system_libraries() {
    [ "$(uname)" = Linux ] || return 0
    wanted=$("$python" packaging/system_libraries.py)
    if [ "$extra" = test ] && ! command -v Xvfb >/dev/null 2>&1; then wanted="$wanted xvfb"; fi
    rm -f "$venv/libraries-missing"
    # shellcheck disable=SC2086
    set -- $wanted
    [ $# -gt 0 ] || return 0
    if may_use_apt; then
        say "Installing system libraries: $*"
        apt_install "$@" || say "apt could not install them; type this when it can: apt-get install -y $*"
    elif command -v apt-get >/dev/null 2>&1; then
        say "The window or its tests need system packages that are missing here. Type: sudo apt-get install -y $*"
    else
        say "The window or its tests need system packages that are missing here; Debian and Ubuntu call them: $*"
    fi
    # Told again by the next run, until they are there.
    [ -z "$("$python" packaging/system_libraries.py)" ] || touch "$venv/libraries-missing"
}

# What an up-to-date environment was made from; the folder counts because scripts in .venv name it.
fingerprint() { { pwd; cat constraints.txt pyproject.toml packaging/setup.sh packaging/system_libraries.py; } | cksum; }

# An environment with the test tools serves the program as well.
state=$(fingerprint)
for made in "$venv/made-from-${extra:-app}" "$venv/made-from-test"; do
    if [ "$(cat "$made" 2>/dev/null)" = "$state" ] && "$python" -c '' 2>/dev/null; then
        [ ! -e "$venv/libraries-missing" ] || install_system_libraries
        exit 0
    fi
done
if ! "$python" -m pip --version >/dev/null 2>&1 || ! suits "$python" || [ "$(cat $venv/folder 2>/dev/null)" != "$(pwd)" ]; then
    make_venv
    pwd >$venv/folder
fi
install_packages
install_system_libraries
printf '%s\n' "$state" >"$venv/made-from-${extra:-app}"
say "Ready: $("$python" --version) in $venv"
