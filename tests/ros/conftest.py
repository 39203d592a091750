"""A test over real DDS that fails is tried once more; ``tests.rescue_budget`` says why, and how often."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rescue_budget import try_once_more

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Only those of this folder."""
    try_once_more([item for item in items if HERE in item.path.parents], config)
