"""``converseg eval`` from a data set to its files; a killed run goes on; two runs compared."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converseg_core.cli.errors import CommandError, UsageError
from converseg_core.cli.eval import command
from converseg_core.evaluation.predictions_file import RunInfo, read_predictions, write_predictions
from tests.core.cli.conftest import environment
from tests.core.evaluation.predictions import random_predictions
from tests.core.evaluation.side_model import SideModel, write_dataset


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "load_model", lambda _: SideModel())
    monkeypatch.chdir(tmp_path)
    return write_dataset(tmp_path / "set")


def test_files_and_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    out = Path("converseg-eval")
    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.json",
        "predictions.parquet",
        "report.html",
    ]
    assert json.loads((out / "metrics.json").read_text()) == printed
    assert printed["table"][-1]["giou"] == 6.5 / 12
    assert printed["statuses"] == {"OK": 7, "NO_TARGET": 3, "REJECTED": 2}
    assert printed["table"][1]["no_target_right"] is None
    low, high = printed["intervals_95"]["all"]["giou"]
    assert low <= 6.5 / 12 <= high


def test_the_table_fits_80_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(folder), "--no-report"]) == 0
    text = capsys.readouterr().out
    assert "…" not in text
    assert "0.542" in text  # 6.5 / 12


def test_a_predictions_file_measured_again_gives_the_same(folder: Path) -> None:
    command.main([str(folder), "--out", "a"])
    command.main(["a/predictions.parquet", "--out", "b"])
    assert Path("a/metrics.json").read_text() == Path("b/metrics.json").read_text()
    assert Path("a/report.html").read_text() == Path("b/report.html").read_text()


def test_a_killed_run_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_IMAGES_A_PART", 1)
    asked: list[str] = []

    def predict(model: Any, group: Any) -> Any:
        asked.append(group[0].image)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return original(model, group)

    original = command.predict
    monkeypatch.setattr(command, "predict", predict)
    with pytest.raises(KeyboardInterrupt):
        command.main([str(folder), "--out", "a"])
    assert command.main([str(folder), "--out", "a"]) == 0
    assert asked == ["i.png", "j.png", "j.png"]
    command.main([str(folder), "--out", "b"])
    kept, whole = (read_predictions(Path(name) / "predictions.parquet").predictions for name in "ab")
    assert repr(kept) == repr(whole)


def test_the_report_needs_no_network_and_shows_every_answer(folder: Path) -> None:
    command.main([str(folder)])
    page = Path("converseg-eval/report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('<article class="card"') == 12
    assert page.count("url(data:image/jpeg") == 12
    for words in ("unheard", "unknown word", "REJECTED", "affordances", "6.5"[:1]):
        assert words in page


def test_words_cannot_break_the_report(folder: Path, tmp_path: Path) -> None:
    rows = random_predictions(8)
    evil = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(1)>"
    rows = [replace(row, prompt=evil, concept=evil) for row in rows]
    write_predictions(tmp_path / "p.parquet", rows, RunInfo(model_id=evil, source=evil))
    command.main(["p.parquet", "--out", "evil"])
    page = Path("evil/report.html").read_text()
    assert page.count("<script>") == 1
    assert "<img src=x" not in page
    assert "picture not found" in page


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, quality in (("a", 0.3), ("b", 0.8)):
        rows = random_predictions(200, seed=len(name), quality=quality, model_id=f"{name}@1")
        write_predictions(
            tmp_path / name / "predictions.parquet", rows, RunInfo(model_id=f"{name}@1", source="s")
        )
    args = ["compare", str(tmp_path / "a"), str(tmp_path / "b")]
    assert command.main([*args, "--json"]) == 0
    giou = json.loads(capsys.readouterr().out)["differences"]["all"]["giou"]
    assert giou["delta"] == giou["b"] - giou["a"] > 0
    assert giou["interval"]["low"] > 0
    assert command.main(args) == 0
    assert "a@1" in capsys.readouterr().out
    write_predictions(
        tmp_path / "a" / "predictions.parquet", random_predictions(150), RunInfo(model_id="a@1", source="s")
    )
    with pytest.raises(CommandError, match="they share 150"):
        command.main(args)
    assert command.main([*args, "--common"]) == 0


def test_wrong_use_is_named(folder: Path) -> None:
    with pytest.raises(UsageError, match="--format"):
        command.main([str(folder), "--format", "voc"])
    with pytest.raises(UsageError, match="--workers"):
        command.main([str(folder), "--workers", "0"])
    with pytest.raises(CommandError, match="no such folder"):
        command.main([str(folder / "gone")])
    with pytest.raises(CommandError, match=r"gone\.parquet"):
        command.main([str(folder / "gone.parquet")])


def test_a_missing_pyarrow_is_said_before_any_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setattr(command, "load_model", lambda _: pytest.fail("work was begun"))
    with pytest.raises(CommandError, match=r"converseg-ros\[eval\]"):
        command.main([str(folder)])


def test_the_command_line_starts_without_pyarrow() -> None:
    names = "converseg_core.cli.eval.command, converseg_core.cli.bag.command"
    code = f"import sys; sys.modules['pyarrow'] = None; import {names}"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment(), timeout=60)
