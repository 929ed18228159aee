"""--portable: arithmetic that gives the same bits on every x86-64 processor, at a cost in time.

Libraries choose their kernels by the processor, and kernels round sums otherwise. In this mode each
takes its plainest ones. They choose when they are loaded, so the variables must be set before:
running.command_line starts the command again with them.
"""

import os
import platform
import sys

NAME = "portable"     # in the place of the instruction set in records' environments
VARIABLES = {
    "ATEN_CPU_CAPABILITY": "default",        # torch's own kernels
    "MKL_CBWR": "COMPATIBLE",                # its matrix products
    "OPENBLAS_CORETYPE": "Nehalem",          # those of numpy and scipy
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",   # numpy's own kernels
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA",                     # the C library's exp, log
}
HELP = ("the same bits on every x86-64 processor with the same libraries, for up to twice the time "
        "on the CPU; without it only on one kind of processor")


def active():
    """Whether this process was started in the mode."""
    return all(os.environ.get(name) == value for name, value in VARIABLES.items())


def possible():
    return platform.machine() == "x86_64"


def start_again():
    """The command of this process anew, in its place, in the mode."""
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | VARIABLES)


def plain_torch():
    """oneDNN, where torch would take it, cuts its products by the sizes of caches."""
    if active():
        import torch
        torch.backends.mkldnn.enabled = False
