"""Ways to break things on purpose, for tests of bad luck."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def as_ordinary_user(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python `code` where permissions bind; the superuser's right to ignore them is dropped first."""
    prefix: list[str] = []
    if os.name == "nt":
        pytest.skip("permissions work otherwise on Windows")
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("running as root without setpriv, so permissions cannot be made to bind")
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
    return subprocess.run(
        [*prefix, sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120
    )


# The first lines of a program whose files cannot grow beyond `sys.argv[1]` bytes, as on a disk that is full.
FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
"""


def on_full_disk(code: str, limit_bytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python `code` where no file may grow beyond `limit_bytes`; its own arguments start at argv[2]."""
    if os.name == "nt":
        pytest.skip("file size limits are POSIX")
    command = [sys.executable, "-c", FULL_DISK + code, str(limit_bytes), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
