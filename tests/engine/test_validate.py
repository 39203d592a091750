from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from converseg_engine.cli import main
from converseg_engine.held_out import held_out_wording
from converseg_engine.manifest import ShardRecord, sha256_of, write_manifest
from converseg_engine.shards import ImageRow, encode_mask, shard_path, write_shard
from converseg_engine.sim.questions.meanings.meaning import plain
from converseg_engine.sim.questions.meanings.table import MEANINGS
from converseg_engine.validate import validate
from tests.engine.shard_rows import LEFT, NOTHING, RIGHT, TOP, picture, question, thing


def write(folder: Path, rows: Sequence[ImageRow], split: str = "test") -> Path:
    path = shard_path(folder, split, 0)
    write_shard(path, rows, version=2)
    record = ShardRecord(path.name, sha256_of(path), path.stat().st_size, 0, 1, len(rows), 1)
    write_manifest(folder, split, "0", [record])
    return path


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in validate(folder)]


GOOD = picture("a", question("a0", LEFT), question("a1", RIGHT), question("a2", NOTHING))


def test_good_rows_have_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, [GOOD])
    assert main(["validate", str(tmp_path)]) == 0
    assert "no problem" in capsys.readouterr().out
    assert main(["validate", str(tmp_path / "none")]) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (dataclasses.replace(GOOD, image=b"no picture"), "no picture"),
        (dataclasses.replace(GOOD, height=50), "64x48 pixels, the row says 64x50"),
        (picture("a", question("a0", LEFT), question("a0", RIGHT)), "id a0 is used twice"),
        (picture("a", question("a0", LEFT, rle=b"\x01")), "a0: its mask is no mask"),
        (picture("a", question("a0", LEFT, no_target=True)), "no_target is True"),
        (picture("a", question("a0", NOTHING, no_target=False)), "no_target is False"),
        (picture("a", question("a0", ~NOTHING)), "reaches beyond all objects"),
        (picture("a", question("a0", LEFT, prompt=" ")), "prompt is empty"),
        (picture("a", question("a0", LEFT, no_target_reason="false state")), "a reason for none"),
        (picture("a", objects=(thing(0, LEFT, TOP),)), "its parts do not cover it"),
        (picture("a", objects=(thing(0, TOP, LEFT),)), "a part reaches out of it"),
        (picture("a", objects=(thing(0, LEFT, LEFT, TOP),)), "its parts overlap"),
        (picture("a", objects=(thing(0, LEFT), thing(1, TOP))), "overlaps another object"),
    ],
)
def test_each_fault_is_said_by_its_line(row: ImageRow, said: str, tmp_path: Path) -> None:
    write(tmp_path, [row])
    found = problems(tmp_path)
    assert any(said in line and line.startswith("test-00000.parquet a") for line in found), found


def test_files_must_be_those_of_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, [GOOD])
    write_shard(path, [dataclasses.replace(GOOD, scene_seed=8)], version=2)
    write_shard(shard_path(tmp_path, "test", 1), [dataclasses.replace(GOOD, questions=())], version=2)
    found = problems(tmp_path)
    assert any("sha256" in line for line in found)
    assert any(line.startswith("test-00001.parquet: in the folder") for line in found)
    path.unlink()
    assert any("not in the folder" in line for line in problems(tmp_path))
    (tmp_path / "manifest-test.json").unlink()
    (tmp_path / "recipe.json").write_text(json.dumps({}))
    assert any("did not come to its end" in line for line in problems(tmp_path))
    assert main(["validate", str(tmp_path)]) == 1
    assert "problems in" in capsys.readouterr().err


def test_splits_share_no_picture_and_no_scene(tmp_path: Path) -> None:
    write(tmp_path, [GOOD])
    again = dataclasses.replace(GOOD, image_id="b", questions=(question("b0", LEFT),))
    write(tmp_path, [again], "val")
    found = problems(tmp_path)
    assert any("the same picture is in val as b" in line for line in found)
    assert any("scene 7 is in val too" in line for line in found)


def test_training_has_nothing_that_is_held_out(tmp_path: Path) -> None:
    held_out = thing(0, LEFT, held_out=True)
    row = picture("a", question("a0", LEFT, held_out=True), objects=(held_out, thing(1, RIGHT)))
    write(tmp_path, [row], "train")
    found = problems(tmp_path)
    assert any("mug is held out, and this is train" in line for line in found)
    assert any("a0: 'prompt a0' is held out" in line for line in found)
    (tmp_path / "train-00000.parquet").unlink()
    write(tmp_path, [row])
    assert not [line for line in problems(tmp_path) if "held out" in line and "test-" in line]


def test_held_out_wordings_are_known_by_their_words() -> None:
    found = {False: 0, True: 0}
    for meaning in MEANINGS:
        for is_held_out, phrasings in ((False, meaning.phrasings), (True, meaning.held_out_phrasings)):
            for phrasing in phrasings:
                said = plain(phrasing).format(**dict.fromkeys(meaning.slots, "thing"))
                found[is_held_out] += held_out_wording(meaning.key, said) == is_held_out
    num = {
        False: sum(len(m.phrasings) for m in MEANINGS),
        True: sum(len(m.held_out_phrasings) for m in MEANINGS),
    }
    assert found[False] == num[False], "a training phrasing is taken for a held-out one"
    # A held-out phrasing that holds a training one word for word cannot be told from it.
    assert found[True] >= 0.97 * num[True]


def test_versions_without_truth_are_checked_too(tmp_path: Path) -> None:
    write_shard(shard_path(tmp_path, "test", 0), [GOOD])
    assert problems(tmp_path) == []
    broken = dataclasses.replace(
        GOOD, questions=(question("a0", LEFT, rle=encode_mask(np.zeros((3, 3), bool))),)
    )
    write_shard(shard_path(tmp_path, "test", 0), [broken])
    assert len(problems(tmp_path)) == 1
