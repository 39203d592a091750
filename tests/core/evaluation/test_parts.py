"""Finished parts stay, half-written ones go, and parts of two runs never mix."""

from __future__ import annotations

from pathlib import Path

import pytest

from converseg_core.evaluation.parts import Parts


def names(parts: Parts) -> list[str]:
    return [(folder / "what").read_text() for folder in parts.finished]


def add(parts: Parts, words: str) -> None:
    with parts.new() as folder:
        (folder / "what").write_text(words)


def test_parts_stay_in_order(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "p", settings={"a": 1})
    for number in range(12):
        add(parts, str(number))
    assert names(Parts(tmp_path / "p", settings={"a": 1})) == [str(number) for number in range(12)]
    parts.remove()
    assert not (tmp_path / "p").exists()


def test_what_a_killed_process_left_is_dropped(tmp_path: Path) -> None:
    add(Parts(tmp_path / "p", settings={}), "first")
    leftover = tmp_path / "p" / "000001.unfinished"
    leftover.mkdir()
    (leftover / "what").write_text("half")
    parts = Parts(tmp_path / "p", settings={})
    assert names(parts) == ["first"]
    add(parts, "second")
    assert names(parts) == ["first", "second"]


def test_a_failed_part_leaves_nothing(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "p", settings={})

    def fill_the_disk() -> None:
        with parts.new() as folder:
            (folder / "what").write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fill_the_disk()
    assert parts.finished == []
    add(parts, "whole")
    assert names(parts) == ["whole"]


@pytest.mark.parametrize("stamp", ['{"a": 2}', "", None])
def test_parts_of_another_run_are_dropped(tmp_path: Path, stamp: str | None) -> None:
    add(Parts(tmp_path / "p", settings={"a": 1}), "old")
    if stamp is None:
        (tmp_path / "p" / "run.json").unlink()
    else:
        (tmp_path / "p" / "run.json").write_text(stamp)
    assert Parts(tmp_path / "p", settings={"a": 1}).finished == []
