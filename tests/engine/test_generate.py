"""Generation through the real command line: same bytes every time, whatever happens in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converseg_core.evaluation.dataset import read_dataset
from converseg_engine.cli import main
from converseg_engine.shards import num_contrasting_pairs, read_split
from converseg_engine.sim.generate import SPLIT_SEEDS, GenerateConfig
from converseg_engine.sim.render import Renderer

COMMON = ["--split", "test", "--num-scenes", "10", "--seed", "930000", "--scenes-per-shard", "2"]


def command(out: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "converseg_engine.cli",
        "sim",
        "generate",
        "--out",
        str(out),
        *COMMON,
        *more,
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, renderer: Renderer) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    assert main(["sim", "generate", "--out", str(out), *COMMON]) == 0
    return out


@pytest.mark.egl
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(undisturbed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(command(tmp_path, "--workers", "2"), env=environment, start_new_session=True)
    limit = time.monotonic() + 60
    while not list(tmp_path.glob("*.parquet")) and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")}
    assert kept, "no shard appeared before the kill"
    (tmp_path / ".test-00004.parquet.99.partial").write_bytes(b"half a shard")
    assert main(["sim", "generate", "--out", str(tmp_path), *COMMON]) == 0
    assert contents(tmp_path) == contents(undisturbed)
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in kept.items()), (
        "finished shards were made again"
    )


@pytest.mark.egl
def test_a_longer_run_keeps_what_is_there(
    undisturbed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["sim", "generate", "--out", str(tmp_path), "--split", "test", "--seed", "930000"]
    assert main([*arguments, "--scenes-per-shard", "2", "--num-scenes", "3"]) == 0
    assert main([*arguments, "--scenes-per-shard", "2", "--num-scenes", "4"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["num_images_made"] == 2
    whole = contents(undisturbed)
    assert contents(tmp_path) == {name: whole[name] for name in ("test-00000.parquet", "test-00001.parquet")}


@pytest.mark.egl
def test_other_scenes_in_the_way_are_refused(undisturbed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = [
        "sim",
        "generate",
        "--out",
        str(undisturbed),
        "--split",
        "test",
        "--num-scenes",
        "2",
        "--seed",
        "940000",
    ]
    assert main(other) == 2
    assert "out:" in capsys.readouterr().err


@pytest.mark.egl
def test_pictures_hold_many_pairs_of_prompts_with_different_answers(undisturbed: Path) -> None:
    # 10 pictures here; the 200 pictures of a test split must hold 200 pairs, and hold far more.
    assert num_contrasting_pairs(read_split(undisturbed, "test")) >= 200


@pytest.mark.egl
def test_export_is_a_data_set_that_core_reads(undisturbed: Path, tmp_path: Path) -> None:
    assert main(["sim", "export", "--data", str(undisturbed), "--out", str(tmp_path), "--split", "test"]) == 0
    samples = {sample.id: sample for sample in read_dataset(tmp_path, "test")}
    num = 0
    for row in read_split(undisturbed, "test"):
        for question in row.questions:
            sample = samples[question.id]
            assert (sample.prompt, sample.concept, sample.no_target) == (
                question.prompt,
                question.concept,
                question.no_target,
            )
            assert (sample.load_mask() == question.mask(row.height, row.width)).all()
            num += 1
        assert (sample.load_image() == row.pixels()).all()
    assert num == len(samples)


def test_splits_never_share_a_seed_and_strays_are_refused(tmp_path: Path) -> None:
    ranges = list(SPLIT_SEEDS.values())
    for i, first in enumerate(ranges):
        for second in ranges[i + 1 :]:
            assert first.stop <= second.start or second.stop <= first.start
    for split, seeds in SPLIT_SEEDS.items():
        GenerateConfig(out=tmp_path, split=split, num_scenes=5, seed=seeds.stop - 5)
        with pytest.raises(ValueError, match="seed"):
            GenerateConfig(out=tmp_path, split=split, num_scenes=6, seed=seeds.stop - 5)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sim"],
        ["nonsense"],
        ["sim", "generate"],
        ["sim", "generate", "--out", "x", "--split", "holiday"],
        ["sim", "generate", "--out", "x", "--split", "test", "--seed", "1"],
        ["sim", "generate", "--out", "x", "--workers", "0"],
    ],
)
def test_wrong_use_is_exit_2(arguments: list[str]) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2


def test_missing_shards_are_exit_2_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "stats", "--data", str(tmp_path)]) == 2
    assert "folder:" in capsys.readouterr().err


def test_vocabulary_is_printed_one_word_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "vocabulary"]) == 0
    words = capsys.readouterr().out.split()
    assert "mug" in words
    assert len(words) == len(set(words))
