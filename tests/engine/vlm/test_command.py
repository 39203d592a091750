"""`converseg engine vlm`: the commands as people give them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converseg_engine.cli import main
from converseg_engine.vlm.reviewing.verdicts import Verdict, add_verdict, verdicts_path
from converseg_engine.vlm.scripted.settings import ErrorRates, FaultRates, Script, read_script


def test_a_rehearsal_needs_nothing_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    out = tmp_path / "rehearsal"
    assert main(["vlm", "rehearse", "--out", str(out), "--num-photos", "3"]) == 0
    said = capsys.readouterr().out
    assert "| export: accepted prompts that are right | 100.0 %" in said
    assert "| prompts whose truth is not known | 0 |" in said
    num_requests = len((out / "server.jsonl").read_text().splitlines())
    assert main(["vlm", "rehearse", "--out", str(out), "--num-photos", "3"]) == 0
    assert capsys.readouterr().out == said
    assert len((out / "server.jsonl").read_text().splitlines()) == num_requests

    # The commands for a finished run, on the same folder.
    shards = f'{{shards = "{out / "truth"}"}}'
    toml = tmp_path / "engine.toml"
    model = 'url = "http://localhost:1/v1"\nrevision = "1"\n'
    toml.write_text(
        f'[generator]\nmodel = "scripted-generator"\ntemperature = 0.7\n{model}'
        f'[verifier]\nmodel = "scripted-verifier"\n{model}'
        f'[masks]\nfinder = "oracle"\npool = "oracle"\nfinder_options = {shards}\npool_options = {shards}\n'
    )
    where = [str(out / "truth" / "photos"), "--out", str(out / "run"), "--settings", str(toml)]
    assert main(["vlm", "stats", *where]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert stats["outcomes"]["photo"] == {"ACCEPT": 3, "REJECT": 0, "ERROR": 0}
    assert stats["per_photo"]["families"] == 5
    assert main(["vlm", "judge", *where, "--truth", str(out / "truth")]) == 0
    assert capsys.readouterr().out.strip() in said
    lists = sorted((out / "run" / "dataset" / "data").glob("*.jsonl"))
    first = next(line for path in lists for line in path.read_text().splitlines())
    add_verdict(verdicts_path(out / "run"), Verdict(json.loads(first)["id"], "good"))
    assert main(["vlm", "export", *where]) == 0
    assert "A person judged 1 rows" in (out / "run" / "dataset" / "README.md").read_text()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert main(["vlm", "rehearse", "--out", str(tmp_path / "full")]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_wrong_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vlm"]) == 2
    assert "run, export, stats, audit, judge, rehearse" in capsys.readouterr().err
    assert main(["vlm", "run", str(tmp_path), "--out", "o", "--settings", str(tmp_path / "none.toml")]) == 2
    assert "settings: " in capsys.readouterr().err


def test_a_script_is_written_and_read_back(tmp_path: Path) -> None:
    script = Script(seed=3, latency_s=0.1, errors=ErrorRates(omit=0.5), faults=FaultRates(cut=0.1))
    path = tmp_path / "script.json"
    path.write_text(script.as_json())
    assert read_script(path) == script
    path.write_text('{"errors": {"omitt": 0.5}}')
    with pytest.raises(ValueError, match="omitt"):
        read_script(path)
    with pytest.raises(ValueError, match="omit: 2 is no share"):
        Script(errors=ErrorRates(omit=2))
