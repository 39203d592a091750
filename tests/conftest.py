"""What all tests share: one thread a process, cheap garbage collection, long files first, few reruns."""

from __future__ import annotations

import gc
import os
import signal

import pytest

from tests.rescue_budget import RescueBudget

# The tests' networks are tiny: two threads on them spend ten times the work of one waiting for each other.
# Read once, when numpy, torch and OpenCV are imported; the processes that tests start inherit it.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ.setdefault(variable, "1")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # or no child of a test could be interrupted


def pytest_configure(config: pytest.Config) -> None:
    """Tests that pass only when tried again are counted over the whole run, so not in a folder of them."""
    RescueBudget.install(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed out in this order; a long one at the end would leave the other worker idle."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays: no collection need look through a million objects again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Nodes that tests killed could not clean up after themselves."""
    from tests.left_over_memory import remove_left_over  # by now numpy may be imported

    remove_left_over()
