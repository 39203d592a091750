"""The long kill test: 500 rows, ten kill -9 at random moments, and the bytes of an undisturbed run."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from converseg_engine.sim.render import Renderer
from tests.engine.sim_runs import contents, finish, num_records, start

NUM_KILLS = 10
ROWS = ["--rows", "500"]


@pytest.mark.egl
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("recipe", ["places"])
def test_ten_kills_at_random_moments_leave_the_same_bytes(
    recipe: str, tmp_path: Path, renderer: Renderer
) -> None:
    options = ["--recipe", recipe, *ROWS]
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    finish(start(undisturbed, *options), timeout_s=600)
    draw = random.Random(5)
    # Random moments: after so many shards, and a little later; some while the run is only starting.
    moments = sorted(draw.sample(range(num_records(undisturbed) - 4), NUM_KILLS))
    for num_shards in moments:
        process = start(out, *options, "--workers", "2")
        if draw.random() < 0.2:
            time.sleep(draw.uniform(0, 1.5))
        while process.poll() is None and num_records(out) < num_shards:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.1))
        assert process.poll() is None, "the run was over before the kill"
        process.kill()
        process.wait()
    before = num_records(out)
    said = json.loads(finish(start(out, *options, "--workers", "2"), timeout_s=600))
    assert said["num_rows"] >= 500
    assert 0 < before < num_records(undisturbed)
    assert contents(out) == contents(undisturbed)
