"""One thread per worker: imported first by the fork server, before any numerical library.

As many workers run as there are cores, so threads within a worker only get in each other's way;
and each thread of OpenBLAS or OpenMP takes tens of megabytes of the worker's limited address space.
Libraries read these variables once, when they are loaded. Nothing else imports this module: in the
coordinator the variables stay as they are.
"""

from __future__ import annotations

import os

for variable in (
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
):
    os.environ[variable] = "1"
