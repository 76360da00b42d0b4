"""Letting other programs go first, and taking no more of the cores than is used."""

import os
import platform
import sys
from typing import Final

_LOWEST: Final = 19

_IOPRIO_SET: Final = {"x86_64": 251, "aarch64": 30, "armv7l": 314, "armv6l": 314, "i686": 289, "riscv64": 30}
"""The number of the system call by which Linux ranks reads from a disk; no library of C has a name for it."""
_OF_PROCESS, _IDLE = 1, 3 << 13

_BELOW_NORMAL: Final = 0x4000
_THIS_PROCESS: Final = -1

_SINGLE_THREADED: Final = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""What those libraries heed by which numpy multiplies; the last is that of macOS."""


def work_in_one_thread() -> None:
    """Multiply matrices in one thread, here and in the workers, unless numpy is loaded here already.

    Pictures are spread over processes, and matrices are small: threads for each would wait for each other, at half as
    much CPU again.
    """
    os.environ.update(_SINGLE_THREADED)


def give_way() -> None:
    """Take the lowest priority for cores and disks; it cannot be taken back, and processes started later inherit it.

    Disks heed it on Linux, where their scheduler is BFQ.
    """
    import ctypes

    if sys.platform == "win32":
        ctypes.windll.kernel32.SetPriorityClass(ctypes.c_void_p(_THIS_PROCESS), _BELOW_NORMAL)
        return
    os.nice(_LOWEST)
    call = _IOPRIO_SET.get(platform.machine()) if sys.platform == "linux" else None
    if call is not None:
        # Where the kernel refuses, as in some containers, disks are read as usual.
        ctypes.CDLL(None).syscall(call, _OF_PROCESS, 0, _IDLE)
