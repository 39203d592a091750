"""Each fault is found, and named by its line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from converseg_core.cli.eval import validate
from converseg_core.evaluation.validate import find_faults
from tests.core.evaluation.side_model import QUESTIONS, write_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "set", [question for question in QUESTIONS if question[0] != "l"][:5])


def lines(folder: Path, split: str = "test") -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "data" / f"{split}.jsonl").read_text().splitlines()]


def rewrite(folder: Path, rows: list[dict[str, object]], split: str = "test") -> None:
    (folder / "data" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def found(folder: Path) -> list[tuple[str, str]]:
    """(line, kind) of each fault."""
    return [(fault.place.rsplit("/", 1)[-1], fault.kind) for fault in find_faults(folder)]


def test_a_good_data_set_has_no_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(folder)
    assert rows[0]["prompt"] == rows[2]["prompt"] == "left"
    rows[2]["prompt"] = "the other"
    rewrite(folder, rows)
    assert found(folder) == []
    assert validate.main([str(folder)]) == 0
    assert capsys.readouterr().out == ""


def test_the_same_question_twice(folder: Path) -> None:
    assert found(folder) == [("test.jsonl:3", "question")]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"id": "a"}, "id"),
        ({"concept": "entity"}, "concept"),
        ({"prompt": "  "}, "prompt"),
        ({"prompt": "w" * 513}, "prompt"),
        ({"image": "gone.png"}, "image"),
        ({"mask": "gone.png"}, "mask"),
        ({"mask": "../set/b.png"}, None),
        ({"mask": "../outside.png"}, "mask"),
        ({"image": "/etc/hostname"}, "image"),
        ({"no_target": True}, "no_target"),
        ({"mask": "small.png"}, "size"),
        ({"mask": "grey.png"}, "values"),
        ({"mask": "colour.png"}, "values"),
        ({"mask": "text.png"}, "mask"),
        ({"image": "cut.png"}, "image"),
    ],
)
def test_each_fault_by_its_line(folder: Path, change: dict[str, object], kind: str | None) -> None:
    half = np.zeros((4, 8), np.uint8)
    half[:, 4:] = 255
    Image.fromarray(half[:, 2:]).save(folder / "small.png")
    Image.fromarray(half // 2).save(folder / "grey.png")
    Image.fromarray(half).convert("RGB").save(folder / "colour.png")
    Image.fromarray(half).save(folder.parent / "outside.png")
    (folder / "text.png").write_text("no picture")
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cut.png")
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:4000])
    rows = lines(folder)
    rows[2]["prompt"] = "the other"
    rows[1] |= change
    rewrite(folder, rows)
    faults = [(place, name) for place, name in found(folder) if name != "no_target" or kind == "no_target"]
    assert faults == ([("test.jsonl:2", kind)] if kind else [])


def test_images_that_two_splits_share_are_found_by_content(folder: Path) -> None:
    rows = lines(folder)
    rows[2]["prompt"] = "the other"
    rewrite(folder, rows)
    shutil.copy(folder / "i.png", folder / "renamed.png")
    rewrite(folder, [rows[0] | {"id": "t1", "image": "renamed.png"}], "train")
    assert found(folder) == [("train.jsonl:1", "split")]


def test_broken_lines_are_named_and_the_rest_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "data" / "test.jsonl"
    good = path.read_bytes()
    path.write_bytes(b"{\n" + good + b'{"id": 7}\n\xff\n')
    assert found(folder) == [
        ("test.jsonl:1", "row"),
        ("test.jsonl:4", "question"),
        ("test.jsonl:7", "row"),
        ("test.jsonl:8", "row"),
    ]
    assert validate.main([str(folder), "--json"]) == 1
    first, *_ = capsys.readouterr().out.splitlines()
    assert json.loads(first)["kind"] == "row"
