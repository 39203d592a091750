"""Runs that go on from the weights of others, and the mean of such runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.join import open_run
from converseg_training.mini.scene.mean import mean_of
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.rows import batch_of
from converseg_training.mini.scene.run import SceneConfig, SceneRun
from converseg_training.mini.scene.start import load_weights, tables_of
from tests.training import scene_rows

TABLES = Tables(("body", "box", "lid", "mug"), ("blue", "red"), ("what", "where"))


def runs(folder: Path) -> list[SceneRun]:
    torch.manual_seed(0)
    start = SceneModel(TABLES.names, torch.randn(4, 384), torch.randn(2, 384), num_meanings=2).state_dict()
    found = []
    for seed in range(2):
        network = SceneModel(TABLES.names, torch.zeros(4, 384), torch.zeros(2, 384), num_meanings=2)
        network.load_state_dict(start)
        run = SceneRun(SceneConfig(num_steps=9, seed=seed), folder / str(seed), network, TABLES)
        batch, _ = batch_of([scene_rows.row(seed), scene_rows.row(seed + 2)], TABLES)
        run.train_step(batch)
        run.step = 3 + seed
        run.save()
        found.append(run)
    return found


def test_weights_are_the_mean_and_training_goes_on(tmp_path: Path) -> None:
    own = runs(tmp_path)
    mean_of([open_run(run.folder) for run in own], tmp_path / "mean").save()
    again = open_run(tmp_path / "mean")
    assert again.step == 4
    for name in ("model", "average"):
        first, second = (getattr(run, name).state_dict() for run in own)
        for key, value in getattr(again, name).state_dict().items():
            wanted = (first[key] + second[key]) / 2 if value.is_floating_point() else first[key]
            assert torch.allclose(value, wanted), key
    batch, _ = batch_of([scene_rows.row(0)], TABLES)
    again.train_step(batch)


def test_what_tells_other_things_apart_has_no_mean(tmp_path: Path) -> None:
    own = runs(tmp_path)
    own[1].tables = Tables(("box",), TABLES.colors, TABLES.meanings)
    with pytest.raises(ValueError, match="tells others apart than"):
        mean_of(own, tmp_path / "mean")
    with pytest.raises(ValueError, match="runs: none"):
        mean_of([], tmp_path / "mean")


def test_a_training_starts_from_the_averaged_weights_of_a_run(tmp_path: Path) -> None:
    own, _ = runs(tmp_path)
    assert tables_of(own.folder) == TABLES
    network = SceneModel(TABLES.names, torch.zeros(4, 384), torch.zeros(2, 384), num_meanings=2)
    load_weights(network, own.folder)
    for key, value in own.average.state_dict().items():
        assert torch.equal(network.state_dict()[key], value), key
