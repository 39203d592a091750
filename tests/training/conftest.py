"""Trainings round the smallest numbers to zero in the whole process; other tests need them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def small_numbers() -> Iterator[None]:
    """Whatever a test trains, the next one finds the processor as it was."""
    yield
    torch.set_flush_denormal(False)
