"""A network that learns further names answers as before about those it knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from converseg_core.bundle import resolve
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.further import PREFIX, SIZES
from converseg_training.mini.scene.join import open_run
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.norms import unsettled
from converseg_training.mini.scene.start import in_training_only, read_tables, tables_of
from converseg_training.mini.scene.widen import fill, main, names_in, with_names
from tests.core.mini.built import why_not
from tests.training import scene_rows

OLD = Tables(("mug", "lid", "handle"), ("red", "blue"), ("which",))


def _network(tables: Tables, words: torch.Tensor) -> SceneModel:
    colors = torch.ones(len(tables.colors), 384)
    return SceneModel(tables.names, words, colors, width=32, num_layers=1, num_meanings=1).eval()


def test_names_are_those_of_things_and_parts(tmp_path: Path) -> None:
    write_columns(
        tmp_path / "train-00000.npz",
        {"categories": np.array("mug\twhisk\n\nmug"), "part_names": np.array("handle\n\twires")},
    )
    found = names_in([tmp_path / "train-00000.npz"])
    assert found == {"mug", "whisk", "handle", "wires"}
    assert with_names(OLD, found).names == ("mug", "lid", "handle", "whisk", "wires")
    assert with_names(OLD, {"mug"}) == OLD


def test_what_was_known_stays_as_it_was_and_new_names_are_unlikely() -> None:
    torch.manual_seed(0)
    words = torch.randn(5, 384)
    wide_tables = with_names(OLD, {"whisk", "wires"})
    old, wide = _network(OLD, words[:3]), _network(wide_tables, words)
    own_words = wide.reader.names.names_me.clone()
    fill(wide, {n: value for n, value in old.state_dict().items() if not in_training_only(n)}, 2)
    assert torch.equal(wide.reader.names.names_me, own_words)
    crops, sides = torch.rand(2, 4, 64, 64) * 255, torch.zeros(2)
    with torch.no_grad():
        before, after = old.crops(crops, sides), wide.crops(crops, sides)
        flat = before.part_features_kess.flatten(2).transpose(1, 2)
        parts_before, parts_after = old.crops.part_logits(flat), wide.crops.part_logits(flat)
    assert torch.equal(before.mask_kss, after.mask_kss)
    assert torch.allclose(before.names_km, after.names_km[:, :3], atol=1e-5)
    assert torch.allclose(parts_before[..., :3], parts_after[..., :3], atol=1e-5)
    assert torch.allclose(parts_before[..., 3], parts_after[..., 5], atol=1e-5)
    assert (after.names_km[:, 3:] < before.names_km.mean(1, keepdim=True)).all()
    assert torch.equal(wide.reader.names.bias[:3], old.reader.names.bias)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_what_ships_learns_further_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(2):
        row = scene_rows.row(number)
        row["categories"] = np.array(str(row["categories"]).replace("mug", "unicorn"))
        beside = {name: row.pop(name) for name in ("full", "owner_full", "part_full", *SIZES)}
        write_columns(tmp_path / f"train-0000{number}.npz", row)
        write_columns(tmp_path / f"{PREFIX}train-0000{number}.npz", beside)
    out = tmp_path / "wide"
    monkeypatch.setattr(
        "sys.argv", ["widen", f"--cache={tmp_path}", f"--bundle={resolve('mini')}", f"--out={out}"]
    )
    main()
    shipped, told_apart = read_tables().names, tables_of(out).names
    assert told_apart[: len(shipped)] == shipped
    assert "unicorn" in told_apart[len(shipped) :]
    assert f"{len(told_apart) - len(shipped)} of them new" in capsys.readouterr().out
    assert unsettled(open_run(out).average) == []  # so that a training can go on from there
    with pytest.raises(SystemExit):
        main()
    assert "holds a run already" in capsys.readouterr().err
