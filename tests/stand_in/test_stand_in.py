"""The stand-in takes its time as told, without Python's lock, and its answers follow from the picture."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from converseg_core import load_model
from converseg_core.answer import Status
from converseg_core.bundle import BundleError
from tests.stand_in import model as stand_in
from tests.stand_in.model import Settings, write_bundle


def picture(height: int, width: int) -> np.ndarray:
    rgb = np.full((height, width, 3), 120, np.uint8)
    rgb[: height // 2, : width // 4] = (200, 20, 20)
    return rgb


@pytest.mark.parametrize("work", ["sleep", "burn"])
def test_it_takes_its_time_and_others_go_on(
    tmp_path: Path, work: Literal["sleep", "burn"], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test of the same process may have made it known.
    known = {name: load for name, load in stand_in.loading._LOADERS.items() if name != "stand-in-v1"}
    monkeypatch.setattr(stand_in.loading, "_LOADERS", known)
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=0.3, segment_s=0.1, work=work))
    with pytest.raises(BundleError, match="stand-in-v1"):
        load_model(bundle)
    stand_in.register()
    model = load_model(bundle)
    done = threading.Event()
    times: dict[str, float] = {}

    def look() -> None:
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        (answer,) = model.encode(picture(1080, 1920)).segment(["the red thing"])
        times.update(answer.timings_s)
        times.update(wall=time.perf_counter() - wall_s, cpu=time.thread_time() - cpu_s)
        done.set()

    thread = threading.Thread(target=look)
    thread.start()
    num_turns = 0
    while not done.wait(0.005):
        num_turns += 1
    thread.join()
    assert num_turns >= 5  # 80 fit; with Python's lock held throughout it would be 1 or 2
    assert 0.3 <= times["encode"] <= times["wall"]
    assert 0.1 <= times["segment"] <= times["wall"]
    assert times["cpu"] < 0.1 if work == "sleep" else times["cpu"] > 0.02


@pytest.mark.parametrize("size", [(1080, 1920), (48, 64), (3, 5)])
def test_it_finds_colours(tmp_path: Path, size: tuple[int, int]) -> None:
    rgb = picture(*size)
    frame = stand_in.StandIn("x", Settings(encode_s=0.0)).encode(rgb)
    red, blue, other = frame.segment(["the red thing", "the blue thing", "the cup"])
    assert red.status is Status.OK
    assert red.mask is not None
    truth = rgb[..., 0] == 200
    assert red.mask.shape == size
    assert np.count_nonzero(red.mask & truth) > 0.9 * np.count_nonzero(red.mask | truth)
    assert blue.status is other.status is Status.NO_TARGET
