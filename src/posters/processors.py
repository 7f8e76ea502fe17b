"""The processors of this machine."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def cores() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def second_process() -> ProcessPoolExecutor:
    """A process beside this one; for work that would hold Python's lock or needs other settings."""
    # Ctrl-C ends it too, without a traceback.
    silent = (signal.SIGINT, signal.SIG_DFL)
    return ProcessPoolExecutor(1, get_context("spawn"), signal.signal, silent)
