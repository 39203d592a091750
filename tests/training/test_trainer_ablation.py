"""The ablation of losses on the smallest network: every variant trains, is measured, and goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from converseg_training.embedded import ablation
from tests.training import tiny_shards
from tests.training.commands import lines


def test_each_run_has_its_change_and_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 6)
    tiny_shards.write(data, "test", 2, seed=1)
    chosen = ("as it is", "points instead of cells", "without questions that have no target")
    monkeypatch.setattr(ablation, "VARIANTS", {name: ablation.VARIANTS[name] for name in chosen})
    words = ["--data", str(data), "--out", str(tmp_path / "out"), "--recipe", "sim-tiny-smoke"]
    monkeypatch.setattr(sys, "argv", ["ablation", *words, "--num-steps", "2", "--num-threads", "1"])
    ablation.main()
    results = json.loads((tmp_path / "out" / "ablation.json").read_text())["results"]
    assert tuple(results) == chosen
    assert all("giou_all" in found for found in results.values())
    tasks = [
        json.loads((tmp_path / "out" / f"run-{k}" / "config.json").read_text())["task"] for k in range(3)
    ]
    assert [task["losses"]["points"] for task in tasks] == [0.0, 4.0, 0.0]
    assert [task["negatives"] for task in tasks] == [1.0, 1.0, 0.0]
    assert "points" in lines(tmp_path / "out" / "run-1")[0]
    assert (tmp_path / "out" / "ablation.md").read_text().count("\n") == 3 + 4


def test_every_variant_is_a_change_that_the_recipe_takes() -> None:
    options = ablation.Options(data=Path(), out=Path())
    recipe = ablation.RECIPES["sim-tiny"]([ablation.Source(path="shards")], "")
    made = [ablation.variant_of(recipe, changes, options) for changes in ablation.VARIANTS.values()]
    assert len({repr(found.task) for found in made}) == len(ablation.VARIANTS)
