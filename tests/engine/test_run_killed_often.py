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
@pytest.mark.parametrize("recipe", ["tabletop"])
def test_ten_kills_at_random_moments_leave_the_same_bytes(
    recipe: str, tmp_path: Path, renderer: Renderer
) -> None:
    options = ["--recipe", recipe, *ROWS]
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    start_s = time.monotonic()
    finish(start(undisturbed, *options), timeout_s=600)
    duration_s = time.monotonic() - start_s
    draw = random.Random(5)
    # So short that all kills together leave something to do.
    moments_s = [draw.uniform(0.3, 1.5 * duration_s / NUM_KILLS + 2) for _ in range(NUM_KILLS)]
    num_at_work = 0
    for moment_s in moments_s:
        process = start(out, *options, "--workers", "2")
        time.sleep(moment_s)
        num_at_work += process.poll() is None
        process.kill()
        process.wait()
    assert num_at_work >= NUM_KILLS // 2, "the run was over before most of the kills"
    before = num_records(out)
    said = json.loads(finish(start(out, *options, "--workers", "2"), timeout_s=600))
    assert said["num_rows"] >= 500
    print(f"killed {num_at_work} times at work; {before} shards were whole before the last start")
    assert contents(out) == contents(undisturbed)
