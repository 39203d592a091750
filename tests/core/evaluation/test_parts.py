"""Finished parts: whole or not at all, of one run, and one process at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from converseg_core.evaluation.parts import Parts

_HOLD = """
import sys
from pathlib import Path
from converseg_core.evaluation.parts import Parts
parts = Parts(Path(sys.argv[1]), settings={})
with parts.new():
    pass
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "unfinished"
    command = [sys.executable, "-c", _HOLD, str(folder)]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert first.stdout is not None
    assert first.stdout.readline() == b"ready\n"
    with pytest.raises(BlockingIOError, match="another run is writing here"):
        Parts(folder, settings={})
    first.kill()
    first.communicate(timeout=10)
    assert len(Parts(folder, settings={}).finished) == 1


def test_removal_that_was_killed_half_way_leaves_no_part_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "unfinished"
    parts = Parts(folder, settings={"a": 1})
    for _ in range(3):
        with parts.new():
            pass

    def killed(path: Path) -> None:
        (path / "000000.part").rmdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("converseg_core.evaluation.parts.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        parts.remove()
    monkeypatch.undo()
    assert Parts(folder, settings={"a": 1}).finished == []
