"""Tests kill nodes, and clean up after them; what a living process holds they leave alone."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests import left_over_memory
from tests.left_over_memory import remove_left_over


def test_only_what_nobody_holds_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fastrtps_0123456789abcdef", "fastrtps_fedcba9876543210"):
        (tmp_path / name).write_bytes(b"segment")
        (tmp_path / f"{name}_el").touch()
    (tmp_path / "fastrtps_port7410").touch()
    (tmp_path / "another").touch()
    with (tmp_path / "fastrtps_fedcba9876543210_el").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert remove_left_over(tmp_path) == 0  # too young
        monkeypatch.setattr(left_over_memory, "_SETTLED_S", 0.0)
        assert remove_left_over(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "another",
        "fastrtps_fedcba9876543210",
        "fastrtps_fedcba9876543210_el",
        "fastrtps_port7410",
    ]
