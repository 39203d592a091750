"""A run that is killed with SIGKILL, and started again, ends as one that nobody disturbed."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from converseg_core.bags import read_messages
from tests.core.offline.killed import FRAMES_A_PART, finish, kill_when, make_bag, num_parts, timeless_rows

NUM_FRAMES = 50


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bag(tmp_path_factory.mktemp("bag") / "recording", NUM_FRAMES)


@pytest.fixture(scope="module")
def undisturbed(bag: Path) -> Path:
    out = bag.parent / "undisturbed"
    finish(bag, out)
    return out


def annotated(out: Path) -> list[tuple[str, int, Any]]:
    """Topics, times and pictures; segmentations without their durations."""
    return [
        (m.topic, m.time_ns, m.message.mask.data.tobytes() if hasattr(m.message, "mask") else m.raw)
        for m in read_messages(out / "annotated")
    ]


def frames_of(out: Path) -> dict[str, Any]:
    """The account of all frames, without durations and without what this process alone has done."""
    frames: dict[str, Any] = json.loads((out / "metrics.json").read_text())["frames"]
    return {key: value for key, value in frames.items() if not key.endswith(("_s", "_bytes"))}


def assert_same(out: Path, undisturbed: Path) -> None:
    assert timeless_rows(out) == timeless_rows(undisturbed)
    assert len(timeless_rows(out)) == NUM_FRAMES
    assert annotated(out) == annotated(undisturbed)
    assert frames_of(out) == frames_of(undisturbed)
    left = {path.name for path in out.iterdir()}
    assert left == {"predictions.parquet", "metrics.json", "annotated"}


def test_killed_again_and_again(bag: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    parts = out / "unfinished"
    # In the first part; in the middle of a later one; between the rows and the annotated bag.
    assert kill_when(bag, out, lambda: any(parts.glob("*.unfinished/annotated/*.mcap")))
    num_after_first = num_parts(out)  # none, unless this process was kept waiting
    assert kill_when(
        bag, out, lambda: num_parts(out) >= num_after_first + 2 and any(parts.glob("*.unfinished"))
    )
    num_after_second = num_parts(out)
    assert num_after_first < num_after_second < NUM_FRAMES // FRAMES_A_PART
    kill_when(bag, out, lambda: (out / "predictions.parquet").exists())
    assert num_parts(out) >= num_after_second
    finish(bag, out)
    assert_same(out, undisturbed)


@pytest.mark.slow
def test_killed_at_ten_random_moments(bag: Path, undisturbed: Path, tmp_path: Path) -> None:
    random_s = random.Random(7)
    began = time.monotonic()
    finish(bag, tmp_path / "timed")
    whole_s = time.monotonic() - began
    out = tmp_path / "out"
    num_kills = 0
    for _ in range(10):
        moment_s = time.monotonic() + random_s.uniform(0.3, 1.0) * whole_s
        num_kills += kill_when(bag, out, lambda moment_s=moment_s: time.monotonic() > moment_s)
    assert num_kills >= 1
    finish(bag, out)
    assert_same(out, undisturbed)
