"""``converseg models``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from converseg_core.bundle import available_models, resolve
from converseg_core.cli.main import main


def _folder(model: str) -> str:
    return str(resolve(model))


def test_list_gives_a_row_for_each_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(available_models())
    assert main(["models", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows)


def test_info_says_what_a_model_is(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", model, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["licence"]
    assert row["training_data"]
    assert "red" in row["vocabulary"]
    assert main(["models", "info", model]) == 0
    text = capsys.readouterr().out
    assert f"model_id: {row['model_id']}" in text
    assert "sha256" in text


def test_verify_passes_a_whole_bundle_and_catches_one_changed_byte(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "verify", model]) == 0
    capsys.readouterr()
    copy = tmp_path / "bundle"
    shutil.copytree(_folder(model), copy)
    victim = max(copy.glob("*.onnx"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    assert main(["models", "verify", str(copy)]) == 1
    assert "sha256" in capsys.readouterr().err
    assert main(["models", "verify", str(copy), "--json"]) == 1
    row = json.loads(capsys.readouterr().out)
    assert row["ok"] is False
    assert victim.name in row["reason"]


def test_unknown_names_fail_and_missing_words_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", "nope"]) == 1
    assert main(["models", "verify", "nope"]) == 1
    assert main(["models"]) == 2
    assert main(["models", "info"]) == 2
    assert capsys.readouterr().out == ""
