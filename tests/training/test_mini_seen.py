"""What a run saw is kept, and its reader practises on it as if it had just been seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from converseg_training.mini.scene import model, seen
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.geometry import NUM_GEOMETRY, NUM_PAIR, geometry, pairs
from converseg_training.mini.scene.glances import glance, true_things
from converseg_training.mini.scene.model import SceneModel, describe, found_labels, look_around
from converseg_training.mini.scene.perception import NUM_POOLED
from converseg_training.mini.scene.run import SceneConfig, SceneRun
from converseg_training.mini.scene.seen_things import (
    FORGOTTEN,
    SHARE_OF_FIRST,
    SeenPicture,
    SeenThings,
    read_seen,
)
from converseg_training.mini.scene.symbols import practice
from converseg_training.mini.scene.things import SHAPE_SIZE
from tests.training import scene_rows

TABLES = Tables(("body", "box", "lid", "mug"), ("blue", "red"))
BESIDE = ("full", "owner_full", "part_full", "nano8", "nano16", "nano32")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for seed, split in enumerate(("train", "val")):
        row = scene_rows.row(seed)
        np.savez(tmp_path / f"{split}-0.npz", **{name: row[name] for name in row if name not in BESIDE})
        np.savez(tmp_path / f"further-{split}-0.npz", **{name: row[name] for name in BESIDE})
    (tmp_path / "seen").mkdir()
    return tmp_path


def watchful() -> SceneModel:
    torch.manual_seed(0)
    network = SceneModel(TABLES.names, torch.randn(4, 384), torch.randn(2, 384)).eval()
    with torch.no_grad():  # so that something is found
        network.perception.heads[1].bias.fill_(1.0)  # type: ignore[union-attr]
        network.perception.kernel[1].bias[-1] = 0.0  # type: ignore[index,union-attr]
        network.crops.quality.bias.fill_(2.0)
        network.crops.mask.bias.fill_(0.5)  # type: ignore[union-attr]
    return network


def test_lessons_say_what_a_look_would_say(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = watchful()
    SceneRun(SceneConfig(num_steps=1), cache / "run", network, TABLES).save()
    monkeypatch.setattr(
        "sys.argv",
        ["seen", f"--cache={cache}", f"--run={cache / 'run'}", f"--out={cache / 'seen'}", "--held-back=1"],
    )
    # The true things are found: then labels are inherited, and the rest is what the network makes of them.
    monkeypatch.setattr(model, "find", lambda *_: true_things(data.truth(np.array([0]))))
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    seen.main()
    kept = SeenThings(data, read_seen(cache / "seen", data, [cache / "train-0.npz"]))
    assert kept.numbers.tolist() == [0]
    questions = np.array([list(data.questions_of(0))])
    lesson = kept.batch(np.array([0]), questions, np.random.default_rng(0), 0.0)
    batch = data.batch(np.array([0]), questions)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        sight, things = look_around(network, batch)
        found = glance(network.crops, batch.full_bhwc, things)
    things, own = describe(sight, batch.small_bhwc.float() / 255, found), found_labels(found, batch)
    assert len(lesson.things.there_bk[0]) == len(found.there_bk[0]) > 0
    kept_names = ("pooled_bkc", "geometry_bkg", "pairs_bkkg", "is_part_bk", "there_bk")
    for name in (*kept_names, "glance_names_bkm", "quality_bk", "shape_bkd"):
        mine, its = getattr(lesson.things, name), getattr(things, name)
        assert mine.numpy() == pytest.approx(its.float().numpy(), abs=0.02)
    assert lesson.told.names_bk.equal(own.names_bk)
    assert lesson.told.colors_bk.equal(own.colors_bk)
    assert lesson.questions.labels_nk.equal(own.labels_nk)
    nothing = ~(own.labels_nk > 0).any(1) | batch.questions.no_target_n
    assert lesson.questions.no_target_n.equal(nothing)
    assert (
        lesson.questions.no_target_n.tolist() != batch.questions.no_target_n.tolist()
    )  # the lid is not found
    assert not lesson.told.only_b.any()
    terms = practice(network.reader.train(), lesson)
    assert {"meant", "choice", "present", "name", "color"} <= set(terms)
    assert all(torch.isfinite(term) for term in terms.values())


def test_of_some_pictures_true_names_are_told_and_all_that_was_found_stays(cache: Path) -> None:
    network = watchful()
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    seen.write_file(cache / "seen" / "train-0.npz", network, cache / "train-0.npz", TABLES)
    questions = np.array([list(data.questions_of(0))])
    kept = SeenThings(data, read_seen(cache / "seen", data, [cache / "train-0.npz"]))
    lesson = kept.batch(np.array([0]), questions, np.random.default_rng(0), 1.0)
    assert lesson.told.only_b.tolist() == [1.0]
    batch = data.batch(np.array([0]), questions)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        found = glance(network.crops, batch.full_bhwc, look_around(network, batch)[1])
    assert lesson.things.there_bk.sum() == found.there_bk.sum()


def test_of_mirrored_pictures_places_are_those_of_the_mirrored_masks(cache: Path) -> None:
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    network = watchful()
    seen.write_file(cache / "seen" / "train-0.npz", network, cache / "train-0.npz", TABLES)
    pictures = read_seen(cache / "seen", data, [cache / "train-0.npz"])
    kept = SeenThings(data, pictures)
    own, questions = np.array([0, 0]), np.array([list(data.questions_of(0))] * 2)
    lesson = kept.batch(own, questions, np.random.default_rng(0), 0.0, np.array([False, True]))
    masks = torch.from_numpy(np.unpackbits(pictures[0].masks, axis=1).reshape(1, -1, 96, 128)).float()
    for row, shown in enumerate((masks, masks.flip(3))):
        place = geometry(shown)
        assert torch.allclose(lesson.things.geometry_bkg[row], place[0], atol=0.01)
        assert torch.allclose(lesson.things.pairs_bkkg[row], pairs(shown, place)[0], atol=0.02)
    assert torch.equal(lesson.things.pooled_bkc[0], lesson.things.pooled_bkc[1])
    assert not torch.allclose(lesson.things.geometry_bkg[0], lesson.things.geometry_bkg[1], atol=0.01)
    labels = lesson.questions.labels_nk
    assert torch.equal(labels[: len(labels) // 2], labels[len(labels) // 2 :])


def test_names_that_are_forgotten_are_neither_heard_nor_learnt(cache: Path) -> None:
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    network = watchful()
    seen.write_file(cache / "seen" / "train-0.npz", network, cache / "train-0.npz", TABLES)
    pictures = read_seen(cache / "seen", data, [cache / "train-0.npz"])
    questions = np.array([list(data.questions_of(0))])
    gone = set()
    for seed in range(12):
        kept = SeenThings(data, pictures, forget=1.0)
        lesson = kept.batch(np.array([0]), questions, np.random.default_rng(seed), 0.0)
        low = (lesson.things.glance_names_bkm[0] == FORGOTTEN).all(0).nonzero().flatten().tolist()
        assert 1 <= len(low) <= 3
        gone |= {TABLES.names[name] for name in low}
        assert not set(low) & set(lesson.told.names_bk[0].tolist())
        named = network.reader.names(lesson.things)[0].argmax(2)
        assert not set(low) & set(named[0].tolist())
    assert gone == {"box", "mug"}  # names of parts are never forgotten


def test_what_is_not_known_looks_like_what_it_is_taken_for(cache: Path) -> None:
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    box, lid, mug = 1, 2, 3

    def names(*likely: int) -> list[float]:
        return [4.0 - likely.index(name) if name in likely else -4.0 for name in range(4)]

    # A box that could be a mug, with a lid in it; a mug; a lid by itself.
    said = np.array([names(box, mug), names(lid), names(mug), names(lid)], np.float16)
    places = np.zeros((4, 4, NUM_PAIR), np.float16)
    places[1, 0, SHARE_OF_FIRST] = 1.0
    looks = np.repeat(np.arange(1, 5, dtype=np.float16)[:, None], NUM_POOLED, axis=1)
    picture = SeenPicture(
        looks=looks,
        geometry=np.zeros((4, NUM_GEOMETRY), np.float16),
        pairs=places,
        names=said,
        colors=np.array([[3.0, 0.0]] * 4, np.float16),
        quality=np.zeros(4, np.float16),
        shape=np.repeat(np.arange(1, 5, dtype=np.float16)[:, None], SHAPE_SIZE, axis=1),
        masks=np.zeros((4, 96 * 128 // 8), np.uint8),
        is_part=np.array([False, True, False, True]),
        which=np.array([0, -1, 1, -1]),
    )
    kept = SeenThings(data, {0: picture}, forget=1.0)
    questions = np.array([list(data.questions_of(0))])
    of_lid = set()
    for seed in range(30):
        lesson = kept.batch(np.array([0]), questions, np.random.default_rng(seed), 0.0)
        seen_as = lesson.things.pooled_bkc[0, :, 0].tolist()
        assert lesson.things.shape_bkd[0, :, 0].tolist() == seen_as
        gone = (lesson.things.glance_names_bkm[0] == FORGOTTEN).all(0).nonzero().flatten().tolist()
        if gone == [box]:
            assert seen_as[0] == 3  # as the mug does, for which it is taken
            of_lid.add(seen_as[1])  # its lid as any lid
            assert seen_as[2:] == [3, 4]
        elif gone == [mug]:
            assert seen_as == [1, 2, 3, 4]  # nothing is taken for what the mug is taken for
    assert of_lid == {2.0, 4.0}


def test_what_was_seen_of_other_pictures_is_refused(cache: Path) -> None:
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    with pytest.raises(ValueError, match=r"--seen: nothing of these pictures in .*; run .*scene\.seen"):
        read_seen(cache / "seen", data, [cache / "train-0.npz"])
    two = SceneSet(read_files([cache / "train-0.npz", cache / "val-0.npz"]), TABLES)
    assert two.sizes == [1, 1]
    seen.write_file(cache / "seen" / "val-0.npz", watchful(), cache / "val-0.npz", TABLES)
    assert list(read_seen(cache / "seen", two, [cache / "train-0.npz", cache / "val-0.npz"])) == [1]
    two.sizes[1] = 2
    with pytest.raises(ValueError, match=r"val-0\.npz is of other pictures; remove it"):
        read_seen(cache / "seen", two, [cache / "train-0.npz", cache / "val-0.npz"])


def test_what_was_seen_by_another_version_is_refused(cache: Path) -> None:
    data = SceneSet(read_files([cache / "train-0.npz"]), TABLES)
    path = cache / "seen" / "train-0.npz"
    seen.write_file(path, watchful(), cache / "train-0.npz", TABLES)
    with np.load(path) as stored:
        older = {name: stored[name] for name in stored.files if name != "shape"}
    write_columns(path, older)
    with pytest.raises(ValueError, match=r"train-0\.npz has no shape; remove it"):
        read_seen(cache / "seen", data, [cache / "train-0.npz"])
