"""What says that something fits is learnt once more, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from converseg_training.mini.scene import fit_presence, seen
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.export import load_model
from converseg_training.mini.scene.fit_presence import facts_of, fit
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneConfig, SceneRun
from converseg_training.mini.scene.seen_things import SeenThings, read_seen
from tests.training import scene_rows
from tests.training.test_mini_seen import BESIDE, TABLES, watchful


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures, what a run saw there, and the run."""
    for number in range(2):
        row = scene_rows.row(number)
        np.savez(tmp_path / f"train-{number}.npz", **{name: row[name] for name in row if name not in BESIDE})
        np.savez(tmp_path / f"further-train-{number}.npz", **{name: row[name] for name in BESIDE})
    SceneRun(SceneConfig(num_steps=1), tmp_path / "run", watchful(), TABLES).save()
    folders = [f"--cache={tmp_path}", f"--run={tmp_path / 'run'}", f"--out={tmp_path / 'seen'}"]
    monkeypatch.setattr("sys.argv", ["seen", *folders, "--held-back=1"])
    seen.main()
    return tmp_path


def _fit(cache: Path, out: str, *more: str) -> dict[str, torch.Tensor]:
    folders = [f"--cache={cache}", f"--seen={cache / 'seen'}", f"--run={cache / 'run'}"]
    fit_presence.main([*folders, f"--out={cache / out}", "--num-steps=40", *more])
    weights: dict[str, torch.Tensor] = torch.load(cache / out / CHECKPOINT_NAME, weights_only=True)["average"]
    return weights


def test_only_presence_changes_and_each_time_alike(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.load(cache / "run" / CHECKPOINT_NAME, weights_only=True)["average"]
    after, again = _fit(cache, "new"), _fit(cache, "again")
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("reader.presence.") for name in changed)
    assert all(torch.equal(value, again[name]) for name, value in after.items())
    assert capsys.readouterr().out.startswith("8 questions, 0.250 of which nothing fits")
    model, _ = load_model(cache / "new")
    assert torch.equal(model.reader.presence[0].weight, after["reader.presence.0.weight"])


def test_a_run_is_not_written_over(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _fit(cache, "run")
    assert "--out: " in capsys.readouterr().err


def test_it_learns_which_questions_something_fits(cache: Path) -> None:
    data = SceneSet(read_files(sorted(cache.glob("train-*.npz"))), TABLES)
    kept = SeenThings(data, read_seen(cache / "seen", data, sorted(cache.glob("train-*.npz"))))
    reader = load_model(cache / "run")[0].reader
    facts, fits = facts_of(reader, data, kept)
    assert facts.shape == (8, reader.presence[0].in_features)
    # What the data engine says counts, also where what fits was not found.
    assert fits.tolist() == [1, 1, 1, 0] * 2
    losses = fit(reader.presence, facts, fits, num_steps=200)
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])
    with torch.no_grad():
        logits = reader.presence(facts).squeeze(1)
    assert ((logits > 0) == (fits > 0)).all()


def test_pictures_of_which_nothing_is_asked_teach_nothing(cache: Path) -> None:
    data = SceneSet(read_files(sorted(cache.glob("train-*.npz"))), TABLES)
    kept = SeenThings(data, read_seen(cache / "seen", data, sorted(cache.glob("train-*.npz"))))
    kept.numbers = kept.numbers[:0]
    with pytest.raises(ValueError, match="--seen: nothing is asked"):
        facts_of(load_model(cache / "run")[0].reader, data, kept)
