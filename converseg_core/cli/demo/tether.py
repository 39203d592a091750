"""Run a module as ``python -m`` would, in a process that dies with its parent.

``python -m converseg_core.cli.demo.tether PARENT_PID MODULE ARGUMENT...``

Done in the child itself: a ``preexec_fn`` of the parent would run Python between fork and exec, which
is unsafe beside threads and in whose hooks a signal's exception is lost.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the module."""
    parent_pid, module = int(sys.argv[1]), sys.argv[2]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it was killed before the line above
        os._exit(1)
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
