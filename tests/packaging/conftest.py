from __future__ import annotations

import sys

import pytest

from tests.packaging.repository import ROOT_PATH

sys.path.insert(0, str(ROOT_PATH / "scripts"))


@pytest.fixture
def make_environment() -> None:
    """For tests of what set-up made: only the environment that make builds can be looked at."""
    if not sys.prefix.startswith(str(ROOT_PATH)):
        pytest.skip(f"these tests run in the environment that make builds, not in {sys.prefix}")
