"""Seeing alone, and glances at single things: what is computed, and what it is learnt from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from converseg_core.mini.cell_features import GRIDS as RAW_GRIDS
from converseg_engine.shards import write_shard
from converseg_training.mini.scene import join as join_module
from converseg_training.mini.scene import train_crops
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.candidates import find
from converseg_training.mini.scene.crop_data import CropSet, picture_of
from converseg_training.mini.scene.crop_losses import CROP_WEIGHTS, crop_losses
from converseg_training.mini.scene.crop_network import CropGraph, CropNetwork, turned_names
from converseg_training.mini.scene.crop_shards import ShardCrops
from converseg_training.mini.scene.further import SIZES, STEP, NanoProjection
from converseg_training.mini.scene.glances import glance, true_things
from converseg_training.mini.scene.join import SEEING, join, open_run
from converseg_training.mini.scene.learner import sight_losses
from converseg_training.mini.scene.losses import meaning_loss
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.perception import KERNEL_SIZE, draw_masks
from converseg_training.mini.scene.rows import batch_of
from converseg_training.mini.scene.run import SceneConfig, SceneRun
from converseg_training.mini.scene.train import scene_set
from converseg_training.mini.scene.train_crops import evaluate
from tests.training import scene_rows

TABLES = Tables(("body", "box", "lid", "mug"), ("blue", "red"))


def rows() -> list[dict[str, np.ndarray]]:
    return [scene_rows.row(0), scene_rows.row(1)]


def test_a_lattice_is_every_second_cell_of_the_whole_mask() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 24, 96, 128, generator=generator)
    kernels = torch.randn(2, 5, KERNEL_SIZE, generator=generator)
    cells = torch.randint(48 * 64, (2, 5), generator=generator)
    whole = draw_masks(features, kernels, cells)
    for row, column in ((0, 0), (1, 0), (1, 1)):
        part = draw_masks(features, kernels, cells, lattice=(row, column))
        assert torch.allclose(part, whole[:, :, row::2, column::2], atol=1e-4)


def test_seeing_alone_teaches_all_that_sees_and_nothing_that_reads() -> None:
    batch, seed = batch_of(rows(), TABLES)
    network = SceneModel(
        TABLES.names, torch.randn(4, 384), torch.randn(2, 384), width=32, num_layers=1
    ).train()
    pixels = batch.small_bhwc.float() / 255
    terms = sight_losses(network, batch, pixels, torch.Generator().manual_seed(seed), autocast=False)
    assert all(torch.isfinite(term) for term in terms.values())
    terms["loss"].backward()
    learning = {name for name, weight in network.named_parameters() if weight.grad is not None}
    wanted = {f"perception.{name}" for name, _ in network.perception.named_parameters()}
    wanted |= {f"reader.names.{name}" for name, _ in network.reader.names.named_parameters()}
    assert learning == wanted


def sights(*, worn: bool) -> dict[str, np.ndarray]:
    """The true things of both pictures as if they had been found, and a place where nothing is."""
    batch, _ = batch_of(rows(), TABLES)
    found: dict[str, list[np.ndarray]] = {"picture": [], "masks": [], "number": []}
    for picture, things in enumerate(true_things(batch.truth)):
        masks = [logits > 0 for logits in things]
        if worn:
            masks = [mask & (np.arange(96)[:, None] % 8 > 1) for mask in masks]
        masks.append(np.zeros((96, 128), bool))
        masks[-1][:10, :10] = True
        found["picture"].append(np.full(len(masks), picture))
        found["masks"].append(np.packbits(np.stack(masks).reshape(len(masks), -1), axis=1))
        found["number"].append(np.array([*range(len(things)), -1]))
    return {name: np.concatenate(values) for name, values in found.items()}


def trained() -> tuple[CropNetwork, CropSet]:
    crops = CropSet(SceneSet(rows(), TABLES), sights(worn=True))
    torch.manual_seed(0)
    network = CropNetwork(TABLES.names, 2)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for step in range(80):
        network.train()
        drawn = crops.draw(np.random.default_rng(step), num_pictures=2, num_each=6)
        terms = crop_losses(network, drawn, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        sum((CROP_WEIGHTS[name] * term for name, term in terms.items()), torch.zeros(())).backward()
        optimizer.step()
    return network.eval(), crops


def test_close_looks_are_learnt_by_heart_and_give_finer_masks_names_and_parts() -> None:
    network, crops = trained()
    found = evaluate(network, crops)
    assert found["names"] == found["colors"] == 1.0
    assert found["parts"] > 0.9
    assert found["iou_before"] < 0.8 < 0.9 < found["iou"]
    batch, _ = batch_of(rows(), TABLES)
    truth = batch.truth
    nothing = np.full((1, 96, 128), -8, np.float32)
    nothing[:, :10, :10] = 8
    seen = glance(network, batch.full_bhwc, [np.concatenate([item, nothing]) for item in true_things(truth)])
    assert seen.there_bk.sum(1).tolist() == [4, 4]  # the corner is no thing; the box has two parts
    assert seen.is_part_bk.tolist() == [[0, 0, 1, 1]] * 2
    called = seen.names_bkm.argmax(2)
    assert sorted(called[0].tolist()) == sorted(truth.names_bk[0].tolist())
    for picture in range(2):
        of_name = {int(name): truth.masks_bkhw[picture, k] for k, name in enumerate(truth.names_bk[picture])}
        for mask, name in zip(seen.masks_bkhw[picture], called[picture].tolist(), strict=True):
            true = of_name[name] > 0.5
            assert ((mask > 0) & true).sum() / ((mask > 0) | true).sum() > 0.8


def test_a_mirrored_crop_is_seen_as_the_mirror_image_and_left_is_right_there() -> None:
    names = ("left arm", "lid", "right arm")
    assert turned_names(names) == [2, 1, 0]
    assert turned_names(("left arm", "lid")) == [0, 1]
    torch.manual_seed(0)
    graph = CropGraph(CropNetwork(names, 2)).eval()
    crops, sides = torch.rand(3, 4, 64, 64) * 255, torch.rand(3)
    with torch.no_grad():
        mask, named, colors, quality, parts, shares, where, shape = graph(crops, sides)
        other = graph(crops.flip(3), sides)
    assert torch.allclose(other[0].flip(2), mask, atol=1e-4)
    assert torch.allclose(other[1][:, [2, 1, 0]], named, atol=1e-4)
    assert torch.allclose(other[2], colors, atol=1e-4)
    assert torch.allclose(other[3], quality, atol=1e-4)
    assert torch.allclose(other[5], shares, atol=1e-4)
    assert torch.allclose(other[7], shape, atol=1e-4)
    assert where.shape[2:] == mask.shape[1:]
    for crop in range(3):
        turned = dict(zip(torch.tensor([2, 1, 0, 3])[other[4][crop]].tolist(), other[6][crop], strict=True))
        for part, logits in zip(parts[crop].tolist(), where[crop], strict=True):
            assert torch.allclose(turned[part].flip(1), logits, atol=1e-4)


def test_what_only_the_mirror_image_shows_is_found() -> None:
    batch, _ = batch_of(rows(), TABLES)
    torch.manual_seed(0)
    network = SceneModel(
        TABLES.names, torch.randn(4, 384), torch.randn(2, 384), width=32, num_layers=1
    ).eval()
    with torch.no_grad():
        network.perception.kernel[1].bias[-1] = 0.0  # type: ignore[index,union-attr]
        sight, turned = network.see(batch), network.see(batch.mirrored())
        sight = replace(sight, heat_bkhw=torch.full_like(sight.heat_bkhw, -9))
        heat = torch.full_like(turned.heat_bkhw, -9)
        heat[0, 0, 20, 10] = 9
        turned = replace(turned, heat_bkhw=heat)
        assert [len(item) for item in find(network.perception, sight)] == [0, 0]
        once = find(network.perception, turned)
        twice = find(network.perception, sight, turned)
        assert [len(item) for item in twice] == [len(item) for item in once] == [1, 0]
    assert np.allclose(twice[0], once[0][..., ::-1])


def test_of_pictures_where_nothing_was_found_nothing_is_said() -> None:
    batch, _ = batch_of(rows(), TABLES)
    none = [np.zeros((0, 96, 128), np.float32)] * 2
    seen = glance(CropNetwork(TABLES.names, 2).eval(), batch.full_bhwc, none)
    assert not seen.there_bk.any()
    assert seen.names_bkm.shape == (2, 1, 4)


def test_what_sentences_mean_counts_where_it_is_known() -> None:
    logits = torch.tensor([[9.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    right = meaning_loss(logits, torch.tensor([0, 1, -1]))["meaning"]
    wrong = meaning_loss(logits, torch.tensor([1, 1, -1]))["meaning"]
    assert right < 0.01 < 1 < wrong
    assert meaning_loss(logits, torch.tensor([-1, -1, -1])) == {}
    assert meaning_loss(None, torch.tensor([0, 1, 0])) == {}


def test_projected_features_are_kept_in_steps_and_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grids = {
        name: rng.normal(size=(1, channels, *size)).astype(np.float32)
        for name, (channels, size) in RAW_GRIDS.items()
    }
    bases = {name: (rng.normal(size=(RAW_GRIDS[name][0], size)) / 30) for name, size in SIZES.items()}
    means = {name: rng.normal(size=RAW_GRIDS[name][0]).astype(np.float32) for name in SIZES}
    projection = NanoProjection(means, {name: basis.astype(np.float32) for name, basis in bases.items()})
    kept = projection(grids)
    for name, size in SIZES.items():
        assert kept[name].shape == (size, *RAW_GRIDS[name][1])
        exact = bases[name].T @ (grids[name][0, :, 3, 5] - means[name])
        assert kept[name][:, 3, 5] * STEP == pytest.approx(exact.clip(-127 * STEP, 127 * STEP), abs=STEP)
    projection.save(tmp_path / "nano.npz")
    again = NanoProjection.load(tmp_path / "nano.npz")(grids)
    assert all((again[name] == kept[name]).all() for name in SIZES)


def test_prepared_files_without_their_further_ones_are_refused(tmp_path: Path) -> None:
    row = scene_rows.row(0)
    np.savez(tmp_path / "train-0.npz", **{name: row[name] for name in row if name not in ("full", "nano8")})
    with pytest.raises(ValueError, match=r"--cache: 'full' is not beside .* run `.*scene\.further`"):
        scene_set(tmp_path, "train", TABLES)
    assert len(scene_set(tmp_path, "train", TABLES, sees=False)) == 1  # reading alone needs no pictures


def test_two_runs_are_joined_with_their_weights_and_momenta(tmp_path: Path) -> None:
    batch, _ = batch_of(rows(), TABLES)
    meaning = Tables(TABLES.names, TABLES.colors, ("what", "where"))
    runs = {}
    for name, tables, reads in (("see", TABLES, False), ("read", meaning, True)):
        torch.manual_seed(len(runs))
        network = SceneModel(
            TABLES.names, torch.randn(4, 384), torch.randn(2, 384), num_meanings=len(tables.meanings)
        )
        runs[name] = SceneRun(SceneConfig(num_steps=9, reads=reads), tmp_path / name, network, tables)
        runs[name].train_step(batch)
        runs[name].step = 5 + len(runs)
        runs[name].save()
    joined = join(open_run(tmp_path / "see"), open_run(tmp_path / "read"), tmp_path / "both")
    joined.save()
    again = open_run(tmp_path / "both")
    assert again.step == 7
    for name, weight in again.model.named_parameters():
        source = runs["see" if name.startswith(SEEING) else "read"]
        own = dict(source.model.named_parameters())[name]
        assert torch.equal(weight, own)
        if own in source.optimizer.state:
            momentum = source.optimizer.state[own]["exp_avg"]
            assert torch.equal(again.optimizer.state[weight]["exp_avg"], momentum)
    again.train_step(batch)  # and it goes on
    runs["see"].tables = Tables(("box",), TABLES.colors)
    with pytest.raises(ValueError, match="names: those of"):
        join(runs["see"], runs["read"], tmp_path)


def _run_and_cache(folder: Path) -> tuple[SceneModel, list[str]]:
    """A run's network, and arguments of a training on crops of two prepared pictures."""
    beside = ("full", "owner_full", "part_full", *SIZES)
    for seed, split in enumerate(("train", "val")):
        row = scene_rows.row(seed)
        np.savez(folder / f"{split}-0.npz", **{name: row[name] for name in row if name not in beside})
        np.savez(folder / f"further-{split}-0.npz", **{name: row[name] for name in beside})
    torch.manual_seed(0)
    network = SceneModel(TABLES.names, torch.randn(4, 384), torch.randn(2, 384))
    SceneRun(SceneConfig(num_steps=1), folder / "run", network, TABLES).save()
    arguments = [f"--cache={folder}", f"--run={folder / 'run'}", f"--out={folder / 'crops'}"]
    return network, [*arguments, "--num-pictures=2", "--num-each=4"]


def test_a_stopped_training_on_crops_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = _run_and_cache(tmp_path)[1]
    for num_steps in (2, 3):
        monkeypatch.setattr("sys.argv", ["train_crops", *arguments, f"--num-steps={num_steps}"])
        train_crops.main()
        said = capsys.readouterr().out.splitlines()
        assert [json.loads(line)["step"] for line in said[1:]] == [num_steps]
        kept = torch.load(tmp_path / "crops" / "crops.pt", weights_only=True)
        assert kept["step"] == num_steps
        # The optimiser counts its own steps: those before the stop are not done again.
        assert {int(state["step"]) for state in kept["optimizer"]["state"].values()} == {num_steps}


@pytest.mark.parametrize("mirrored", [False, True])
def test_pictures_of_shards_are_those_of_prepared_files(mirrored: bool) -> None:
    mine = ShardCrops([scene_rows.image_row(0)], TABLES).picture(0, mirrored=mirrored)
    its = picture_of(SceneSet([scene_rows.row(0)], TABLES), 0, mirrored=mirrored)
    assert np.abs(mine.full_hwc.astype(int) - its.full_hwc).mean() < 2  # JPEG
    assert (mine.owner_hw == its.owner_hw).all() and (mine.part_hw == its.part_hw).all()
    assert (mine.names, mine.colors, mine.part_names) == (its.names, its.colors, its.part_names)
    assert mine.num_names == its.num_names


def test_a_training_on_crops_draws_from_shards_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = _run_and_cache(tmp_path)[1]
    shards = tmp_path / "shards"
    monkeypatch.setattr("sys.argv", ["train_crops", *arguments, "--num-steps=1", f"--shards={shards}"])
    with pytest.raises(ValueError, match="--shards: none"):
        train_crops.main()
    with_shards = (f"--shards={shards}", "--share=0.9")
    for wrong, said in ((with_shards, "--share: 0.9 of 2 pictures"), (("--sights=x",), "--sights: of which")):
        monkeypatch.setattr("sys.argv", ["train_crops", *arguments, *wrong])
        with pytest.raises(SystemExit):
            train_crops.main()
        assert said in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["train_crops", *arguments, "--num-steps=1", f"--shards={shards}"])
    rows = [scene_rows.image_row(seed) for seed in range(2)]
    write_shard(shards / "train-00000.parquet", rows, version=2)
    train_crops.main()
    assert "2 pictures of shards" in capsys.readouterr().out
    drawn = ShardCrops(rows, TABLES).draw(np.random.default_rng(0), num_pictures=3, num_each=6)
    assert len(drawn) == 6 and drawn.is_thing.all()
    assert set(drawn.names.tolist()) == {TABLES.names.index("box"), TABLES.names.index("mug")}


def test_a_training_on_crops_may_start_from_what_a_run_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, arguments = _run_and_cache(tmp_path)
    arguments += ["--num-steps=1", "--learning-rate=0", "--from-run"]
    monkeypatch.setattr("sys.argv", ["train_crops", *arguments])
    train_crops.main()
    kept = torch.load(tmp_path / "crops" / "crops.pt", weights_only=True)["model"]
    for name, weight in network.crops.named_parameters():
        assert torch.equal(kept[name], weight)


def test_blocks_behind_those_that_have_learnt_change_nothing_at_first() -> None:
    torch.manual_seed(0)
    network = CropNetwork(TABLES.names, 2).eval()
    crops, sides = torch.rand(2, 4, 64, 64) * 255, torch.zeros(2)
    with torch.no_grad():
        before = network(crops, sides)
        further = [module for name, module in network.named_modules() if name.endswith(".norm")]
        for norm in further:
            if isinstance(norm, nn.BatchNorm2d) and not norm.weight.any():
                norm.weight.fill_(1.0)
        after = network(crops, sides)
        for name in ("more_16", "more_8", "more_4", "more_up_16", "more_up_32"):
            setattr(network, name, nn.Identity())
        without = network(crops, sides)
    for name, value in vars(before).items():
        assert torch.equal(value, getattr(without, name)), name
        assert not torch.allclose(value, getattr(after, name)), name


def test_close_looks_are_joined_by_their_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network, _ = _run_and_cache(tmp_path)
    others = {
        name: value + 1 if value.is_floating_point() else value + 7
        for name, value in network.crops.state_dict().items()
    }
    (tmp_path / "crops").mkdir()
    torch.save({"model": others, "average": others}, tmp_path / "crops" / "crops.pt")
    run = tmp_path / "run"
    arguments = ["join", f"--see={run}", f"--read={run}", f"--crops={tmp_path / 'crops'}"]
    monkeypatch.setattr("sys.argv", [*arguments, "--share=0.25", f"--out={tmp_path / 'mixed'}"])
    join_module.main()
    joined = open_run(tmp_path / "mixed")
    for name, value in joined.average.crops.state_dict().items():
        own = network.crops.state_dict()[name]
        assert torch.allclose(value, own + 0.25) if value.is_floating_point() else torch.equal(value, own + 7)
    monkeypatch.setattr("sys.argv", [*arguments, "--share=0", f"--out={tmp_path / 'none'}"])
    with pytest.raises(SystemExit):
        join_module.main()
    assert "--share: 0.0 is not above 0" in capsys.readouterr().err
