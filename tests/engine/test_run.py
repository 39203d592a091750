"""Whole runs through the real command: the same bytes whoever works on them and whatever happens."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converseg_engine.cli import main
from converseg_engine.manifest import read_manifest, sha256_of
from converseg_engine.shards import read_split
from converseg_engine.sim import job as job_module
from converseg_engine.sim.job import Job
from converseg_engine.sim.recipe import load_recipe, tabletop
from converseg_engine.sim.render import Renderer
from tests.engine.sim_runs import SIM, contents, finish, num_records, start

pytestmark = pytest.mark.egl
ROWS = ["--rows", "110"]  # seven scenes


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, renderer: Renderer) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "data"
    assert main([*SIM, *ROWS, "--out", str(out)]) == 0
    return out


def wait_until(happened: Callable[[], bool], *, limit_s: float = 60) -> None:
    limit = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.01)


def test_kill_9_and_two_workers_leave_the_same_bytes(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    for num_done in (1, 2, 4):
        process = start(out, *ROWS, "--workers", "2")
        wait_until(lambda n=num_done: num_records(out) >= n)  # type: ignore[misc]
        # Its workers are not killed: they must see by themselves that nobody waits for them.
        process.kill()
        process.wait()
    assert num_records(out) < 7, "nothing was left to do after the kills"
    (out / ".test-00006.parquet.99.partial").write_bytes(b"half a shard")
    said = json.loads(finish(start(out, *ROWS, "--workers", "2")))
    assert said["num_rows"] >= 110
    assert contents(out) == contents(undisturbed)


def kill_a_worker(out: Path) -> bool:
    """Kill one that is in the middle of a shard; False where there is none just now."""
    for path in sorted((out / ".sim" / "test" / "progress").glob("[0-9]*")):
        if not (out / ".sim" / "test" / "records" / f"{path.name}.json").exists():
            os.kill(int(path.read_text().split()[0]), signal.SIGKILL)
            return True
    return False


def test_a_worker_that_is_killed_is_replaced(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    process = start(out, *ROWS, "--workers", "2")
    wait_until(lambda: num_records(out) >= 1)
    # Between two shards no worker may be at work for a moment.
    wait_until(lambda: kill_a_worker(out))
    finish(process)
    assert contents(out) == contents(undisturbed)


def test_a_longer_run_goes_on_from_a_shorter_one(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    # Two scenes to a shard, so that the shorter run cuts its last one.
    assert main([*SIM, "--scenes-per-shard", "2", "--rows", "40", "--out", str(out)]) == 0
    first = read_manifest(out, "test")
    assert [shard.num_scenes for shard in first.shards] == [2, 1]
    assert main([*SIM, "--scenes-per-shard", "2", *ROWS, "--out", str(out)]) == 0
    assert list(read_split(out, "test")) == list(read_split(undisturbed, "test"))
    assert main([*SIM, "--scenes-per-shard", "1", *ROWS, "--out", str(out)]) == 2


def test_the_manifest_tells_what_is_there(undisturbed: Path) -> None:
    manifest = read_manifest(undisturbed, "test")
    rows = list(read_split(undisturbed, "test"))
    assert manifest.num_questions == sum(len(row.questions) for row in rows)
    assert manifest.num_questions - len(rows[-1].questions) < 110 <= manifest.num_questions
    for shard in manifest.shards:
        assert sha256_of(undisturbed / shard.name) == shard.sha256
    recipe = json.loads((undisturbed / "recipe.json").read_text())
    assert recipe["recipe"] == tabletop().as_json()
    assert recipe["versions"]["mujoco"]


def test_rows_carry_the_truth_of_their_scene(undisturbed: Path) -> None:
    row = next(iter(read_split(undisturbed, "test")))
    assert row.place == "tabletop"
    assert row.camera is not None
    assert np.allclose(np.linalg.det(row.camera.pose()[:3, :3]), 1)
    seen = {o.number: o for o in row.objects}
    assert seen
    assert all(o.parts and o.category for o in seen.values())


def test_a_scene_that_fails_is_recorded_with_seed_and_reason(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tabletop()
    job = Job(recipe=recipe, out=tmp_path, split="test", rows=40, first_seed=900_000, scenes_per_shard=4)
    make_scene = job_module.make_scene

    def fragile(*args: object, **more: object) -> object:
        if args[1] == 900_001:
            raise ArithmeticError("this seed is odd")
        return make_scene(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(job_module, "make_scene", fragile)
    record = job_module.make_shard(job, 0, lambda scenes, rows: None)
    assert [(f.seed, f.reason) for f in record.failures] == [(900_001, "ArithmeticError: this seed is odd")]
    assert record.failures[0].where.startswith("test_run.py:")
    assert 900_001 not in {row.scene_seed for row in read_split(tmp_path, "test")}


def test_a_shard_in_which_most_scenes_fail_stops_the_run(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(recipe=tabletop(), out=tmp_path, split="test", rows=40, first_seed=900_000, scenes_per_shard=4)

    def broken(*args: object, **more: object) -> object:
        raise ArithmeticError("broken for all")

    monkeypatch.setattr(job_module, "make_scene", broken)
    with pytest.raises(RuntimeError, match=r"4 of 4 scenes .*\(seed 900000\).*broken for all"):
        job_module.make_shard(job, 0, lambda scenes, rows: None)
    assert not list(tmp_path.glob("*.parquet"))


def test_another_recipe_in_the_same_folder_is_refused(
    undisturbed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SIM, *ROWS, "--width", "352", "--out", str(undisturbed)]) == 2
    assert "another recipe" in capsys.readouterr().err


def test_where_nothing_is_asked_pictures_are_counted(tmp_path: Path) -> None:
    command = ["sim", "--recipe", "pictures", "--scenes-per-shard", "2", "--width", "160", "--height", "120"]
    out = tmp_path / "data"
    assert main([*command, "--rows", "13", "--out", str(out)]) == 0
    manifest = read_manifest(out, "train")
    # The third scene completes thirteen; it is kept whole, and the fourth is dropped.
    assert (manifest.num_images, manifest.num_questions) == (18, 0)
    before = contents(out)
    assert main([*command, "--rows", "13", "--out", str(out)]) == 0
    assert contents(out) == before


@pytest.mark.parametrize(("recipe", "said"), [("pictures", "pictures"), ("places", "rows of questions")])
def test_progress_says_what_it_counts(tmp_path: Path, recipe: str, said: str) -> None:
    drawn_from = load_recipe(recipe)
    job = Job(
        recipe=drawn_from,
        out=tmp_path,
        split="train",
        rows=1,
        first_seed=drawn_from.seeds("train").start,
        scenes_per_shard=1,
    )
    assert job.row_name == said
