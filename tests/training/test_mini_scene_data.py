"""Pictures of the scene reader's training: mirrored ones, and those that are told instead of seen."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from converseg_core.mini.evidence import shrink
from converseg_core.mini.scene.tiles import Tile, cut
from converseg_training.mini.scene import train
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.draws import TILE_SHARES, draw, draw_tiles
from converseg_training.mini.scene.geometry import geometry, pairs
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.perception import GRIDS
from converseg_training.mini.scene.prepare import asked_in, columns_of, truth_of
from converseg_training.mini.scene.symbols import Symbols, like_sized, practice
from tests.training import scene_rows

NAMES = ("box", "cup", "fork")

TABLES = Tables(("box", "lid", "mug"), ("blue", "red"))


def scenes(*replaced: tuple[str, str]) -> SceneSet:
    rows = [scene_rows.row(0), scene_rows.row(1)]
    for row in rows:
        for old, new in replaced:
            row["prompts"] = np.array(str(row["prompts"]).replace(old, new))
    return SceneSet(rows, TABLES)


def test_a_mirrored_picture_has_its_truth_and_its_answers_mirrored() -> None:
    data = scenes()
    pictures, questions = np.array([0, 1]), np.array([[0, 1], [4, 5]])
    plain = data.batch(pictures, questions)
    turned = data.batch(pictures, questions, np.array([False, True]))
    seen = [(getattr(plain, name), getattr(turned, name), 1) for name in ("small_bhwc", "full_bhwc")]
    for before, after, side in seen + [(plain.grids[name], turned.grids[name], 2) for name in GRIDS]:
        assert torch.equal(after[0], before[0])
        assert torch.equal(after[1], before[1].flip(side))
        assert not torch.equal(after[1], before[1])
    assert torch.equal(turned.truth.masks_bkhw[1], plain.truth.masks_bkhw[1].flip(2))
    assert torch.equal(turned.questions.target_nhw[:2], plain.questions.target_nhw[:2])
    assert torch.equal(turned.questions.target_nhw[2:], plain.questions.target_nhw[2:].flip(2))
    assert torch.equal(turned.questions.labels_nk, plain.questions.labels_nk)
    # The set itself is as it was.
    assert torch.equal(data.batch(pictures, questions).small_bhwc, plain.small_bhwc)


def test_of_a_tile_truth_and_features_are_shown_with_the_pixels() -> None:
    data = scenes()
    pictures, questions = np.array([0, 1, 0]), np.array([[0], [4], [0]])
    plain = data.batch(pictures, questions)
    tile = Tile(0.25, 0.0, 0.75)
    turned = np.array([False, True, True])
    shown = data.batch(pictures, questions, turned, (None, tile, tile))
    assert torch.equal(shown.small_bhwc[0], plain.small_bhwc[0])
    assert torch.equal(shown.truth.masks_bkhw[0], plain.truth.masks_bkhw[0])
    assert np.array_equal(shown.small_bhwc[1].flip(1).numpy(), shrink(cut(plain.full_bhwc[1].numpy(), tile)))
    part = data.batch(pictures[1:], questions[1:]).tile(tile)
    for name, grid in shown.grids.items():
        assert torch.allclose(grid[1:].flip(3), part.grids[name], atol=1e-5)
    # The red box is drawn where the truth says that it is, at its new size.
    owner = data.column("owner")[1] == 1
    drawn = shown.truth.masks_bkhw[1, 0].flip(1).numpy() > 0.5
    assert drawn.mean() == pytest.approx(cut(owner, tile).mean(), abs=0.01)
    assert drawn.mean() > owner.mean() * 1.2
    red = shown.small_bhwc[1].flip(1).numpy().astype(int)
    is_red = (red[..., 0] - red[..., 2] > 100)[::2, ::2]
    assert (drawn & is_red).sum() / (drawn | is_red).sum() > 0.9


def test_some_pictures_are_cut_the_same_at_each_call_and_tiles_lie_inside() -> None:
    def tiles(step: int, share: float) -> tuple[Tile | None, ...]:
        return draw_tiles(step, seed=3, num_pictures=200, share=share)

    assert tiles(5, 0.5) == tiles(5, 0.5) != tiles(6, 0.5)
    cut_ones = [tile for tile in tiles(5, 0.5) if tile is not None]
    assert 70 < len(cut_ones) < 130
    for tile in cut_ones:
        assert 0 <= tile.top <= 1 - tile.share and 0 <= tile.left <= 1 - tile.share
        assert TILE_SHARES[0] <= tile.share <= TILE_SHARES[1]
    assert set(tiles(5, 0.0)) == {None}


def test_tiles_are_for_those_who_read_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv",
        ["train", "--cache", "C", "--bundle", "B", "--out", "O", "--num-steps", "1", "--tiles", "0.5"],
    )
    with pytest.raises(SystemExit):
        train.main()
    assert "--tiles: questions are about whole pictures, so it needs --only-see" in capsys.readouterr().err


def test_a_mirrored_picture_is_asked_nothing_about_sides() -> None:
    data = scenes(("the box", "the box on the Left"), ("the mug", "the rightmost mug"))
    allowed = {number for number, prompt in enumerate(data.prompts) if prompt in ("the lid", "the ghost")}
    seen = set()
    for step in range(20):
        _, questions, mirrored = draw(data, step, seed=0, num_pictures=2, num_prompts=3, mirror=True)
        seen.update(mirrored.tolist())
        assert all(
            set(row) <= allowed for row, turned in zip(questions.tolist(), mirrored, strict=True) if turned
        )
        again = draw(data, step, seed=0, num_pictures=2, num_prompts=3, mirror=True)
        assert np.array_equal(again[1], questions) and np.array_equal(again[2], mirrored)
    assert seen == {True, False}
    assert not any(draw(data, step, seed=0, num_pictures=2, num_prompts=3)[2].any() for step in range(5))


def test_where_only_sides_are_asked_for_nothing_is_mirrored() -> None:
    data = scenes(("the ", "the left "))
    assert not any(
        draw(data, step, seed=0, num_pictures=2, num_prompts=3, mirror=True)[2].any() for step in range(10)
    )


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_told_is_what_is_seen_in_true_masks(turned: bool) -> None:
    data = scenes()
    pictures, questions, mirrored = np.array([1, 0]), np.array([[4, 7], [0, 3]]), np.array([turned, False])
    lesson = Symbols(data).batch(pictures, questions, mirrored)
    truth = data.batch(pictures, questions, mirrored).truth
    place = geometry(truth.masks_bkhw)
    torch.testing.assert_close(lesson.things.geometry_bkg, place, atol=2e-3, rtol=0)
    between = pairs(truth.masks_bkhw, place)
    torch.testing.assert_close(lesson.things.pairs_bkkg, between, atol=5e-3, rtol=0)
    assert torch.equal(lesson.told.names_bk, truth.names_bk)
    assert torch.equal(lesson.things.is_part_bk, truth.is_part_bk)
    assert lesson.told.only_b.tolist() == [1, 1]
    assert lesson.questions.no_target_n.tolist() == [False, True, False, True]


def test_reading_is_learnt_without_looks() -> None:
    torch.manual_seed(0)
    reader = SceneModel(NAMES, torch.randn(3, 384), torch.randn(2, 384), width=32, num_layers=1).reader
    data = scenes()
    lesson = Symbols(data).batch(np.array([0, 1]), np.array([[0, 1, 2, 3], [4, 5, 6, 7]]), np.zeros(2, bool))
    optimizer = torch.optim.AdamW(reader.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = torch.stack(list(practice(reader, lesson, autocast=False).values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_of_each_pair_it_is_told_whether_both_have_one_colour() -> None:
    data = scenes()
    lesson = Symbols(data).batch(np.array([0]), np.array([[0]]), np.array([False]))
    torch.manual_seed(0)
    reader = SceneModel(TABLES.names, torch.randn(3, 384), torch.randn(2, 384)).reader
    reader.pair = torch.nn.Identity()  # type: ignore[assignment]
    named, colored = reader.know(lesson.things, lesson.told)["pairs"][0, ..., -2:].unbind(-1)
    box, mug = (lesson.told.colors_bk[0] == TABLES.colors.index(color) for color in ("red", "blue"))
    assert colored[box][:, box].item() == colored[mug][:, mug].item() == 1
    assert colored[box][:, mug].item() == 0
    assert named[box][:, mug].item() != 0  # vectors of two names


def test_without_negatives_what_is_not_there_teaches_nothing() -> None:
    torch.manual_seed(0)
    reader = SceneModel(NAMES, torch.randn(3, 384), torch.randn(2, 384), width=32, num_layers=1).reader.eval()
    lesson = Symbols(scenes()).batch(np.array([0]), np.array([[0, 3]]), np.zeros(1, bool))
    alone = Symbols(scenes()).batch(np.array([0]), np.array([[0, 0]]), np.zeros(1, bool))
    with torch.no_grad():
        terms = practice(reader, lesson, negatives=False, autocast=False)
        same = practice(reader, alone, autocast=False)
        told = practice(reader, lesson, autocast=False)
    assert terms["meant"].item() == pytest.approx(same["meant"].item(), rel=1e-5)
    assert told["present"].item() != pytest.approx(terms["present"].item(), rel=1e-3)


def test_pictures_that_nothing_is_asked_about_are_not_drawn() -> None:
    data = scenes()
    data.column("question_counts")[0] = 0
    for among in (None, np.array([0, 1])):
        for step in range(4):
            drawn = draw(data, step, seed=0, num_pictures=3, num_prompts=2, among=among)
            assert drawn[0].tolist() == [1, 1, 1]


def test_rare_meanings_come_more_often_where_evenness_is_wanted() -> None:
    rows = [scene_rows.row(0)]
    rows[0]["meanings"] = np.array("often\noften\noften\nrare")
    data = SceneSet(rows, replace(TABLES, meanings=("often", "rare")))
    drawn = {
        evenness: np.concatenate(
            [
                draw(data, step, seed=0, num_pictures=1, num_prompts=4, evenness=evenness)[1].ravel()
                for step in range(200)
            ]
        )
        for evenness in (0.0, 1.0)
    }
    shares = {evenness: (numbers % len(data.prompts) == 3).mean() for evenness, numbers in drawn.items()}
    assert shares[0.0] == 0.25
    assert shares[1.0] == pytest.approx(0.5, abs=0.05)
    again = draw(data, 7, seed=0, num_pictures=1, num_prompts=4, evenness=1.0)[1]
    assert np.array_equal(again.ravel(), drawn[1.0][28:32])


def test_like_sized_pictures_are_read_together_and_each_once() -> None:
    groups = like_sized([9, 2, 30, 4, 8, 3] * 5)
    assert sorted(np.concatenate(groups).tolist()) == list(range(30))
    assert len(groups) == 3
    sizes = np.array([9, 2, 30, 4, 8, 3] * 5)
    assert all(sizes[first].max() <= sizes[second].min() for first, second in itertools.pairwise(groups))
    symbols, drawn = Symbols(scenes()), (np.array([0, 1]), np.array([[0, 3], [4, 7]]), np.zeros(2, bool))
    (alone,) = symbols.batches(*drawn)
    order = alone.questions.no_target_n.tolist()
    assert sorted(order) == sorted(symbols.batch(*drawn).questions.no_target_n.tolist())
    assert len(like_sized([])) == 1 and not len(like_sized([])[0])


def test_where_nothing_is_asked_a_thing_is_called_by_its_name() -> None:
    asked = scene_rows.image_row(0)
    silent = replace(asked, questions=())
    assert asked_in([asked, silent]) == [asked.questions, ()]  # as it is, where anything is asked
    bare = replace(silent, objects=())
    (named,), none = asked_in([silent, bare])
    assert (named.prompt, named.no_target, len(none)) == ("the box", False, 0)
    of_box = next(question for question in asked.questions if question.prompt == "the box")
    assert named.rle == of_box.rle
    truths = [truth_of(row, own) for row, own in zip([silent, bare], [[named], []], strict=True)]
    columns = columns_of(truths, [[named], []], [np.zeros((2, 768), np.float16)])
    assert columns["question_counts"].tolist() == [1, 0]
    assert columns["object_labels"].shape == (1, 24) and columns["object_labels"][0].sum() == 1
