"""The memory of steps on the CPU.

glibc gives pieces of 32 MiB and more back to the system as soon as they are free, and the next step pays for each of
their pages anew: a fifth of a step of ResNet-18 with 32 images of 128 px.
"""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of <malloc.h>
_NEVER = (1 << 31) - 1
USUAL = 32 << 20  # what glibc's threshold grows to by itself


def keep_freed(larger_than: int = _NEVER) -> None:
    """Let this process use freed memory again instead of giving it back; does nothing where there is no glibc.

    Pieces of more than `larger_than` bytes are given back all the same.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_THRESHOLD, min(larger_than, 1 << 30))
    libc.mallopt(_TRIM_THRESHOLD, min(2 * larger_than, _NEVER))
