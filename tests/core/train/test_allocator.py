"""Freed memory is used again. In a process of its own, because the setting lasts."""

import platform
import subprocess
import sys

import pytest

_CHILD = """
import resource, sys
import numpy as np
from core.train import allocator

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "kept":
    allocator.keep_freed()
for turn in range(3):
    before = faults()
    piece = np.empty(64 << 20, np.uint8)
    piece[::4096] = 1
    del piece
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives large pieces back at once")
def test_a_large_piece_that_was_freed_is_used_again() -> None:
    found = {}
    for name in ("usual", "kept"):
        said = subprocess.run([sys.executable, "-c", _CHILD, name], check=True, capture_output=True, text=True)
        found[name] = int(said.stdout)
    assert found["kept"] < 20 <= found["usual"]
