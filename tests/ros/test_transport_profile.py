"""Which Fast DDS profile a publisher of large images ends up with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converseg_ros import transport_profile
from converseg_ros.transport_profile import (
    PROFILE_VARIABLES,
    find_profile,
    use_large_image_profile,
    use_large_image_profile_if_it_fits,
)

NEW, READ_BY_JAZZY = PROFILE_VARIABLES


@pytest.fixture(autouse=True)
def _no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in PROFILE_VARIABLES:
        # Set first, so that what the function sets is taken back after the test.
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def test_ours_is_set_where_the_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = use_large_image_profile()
    assert profile == find_profile()
    assert profile is not None
    assert {os.environ[variable] for variable in PROFILE_VARIABLES} == {str(profile)}


@pytest.mark.parametrize("variable", PROFILE_VARIABLES)
def test_the_users_own_stays_and_is_really_read(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/mine.xml")
    assert use_large_image_profile() is None
    assert os.environ[READ_BY_JAZZY] == "/mine.xml"


def test_two_of_the_users_own_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NEW, "/new.xml")
    monkeypatch.setenv(READ_BY_JAZZY, "/jazzy.xml")
    assert use_large_image_profile() is None
    assert os.environ[NEW] == "/new.xml"
    assert os.environ[READ_BY_JAZZY] == "/jazzy.xml"


def test_a_node_takes_it_only_where_shared_memory_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert use_large_image_profile_if_it_fits(tmp_path / "none") is None
    monkeypatch.setattr(transport_profile, "MIN_SHARED_MEMORY_BYTES", 1 << 62)
    assert use_large_image_profile_if_it_fits(tmp_path) is None
    assert READ_BY_JAZZY not in os.environ
    monkeypatch.setattr(transport_profile, "MIN_SHARED_MEMORY_BYTES", 1)
    assert use_large_image_profile_if_it_fits(tmp_path) == find_profile()
    assert os.environ[READ_BY_JAZZY] == str(find_profile())
