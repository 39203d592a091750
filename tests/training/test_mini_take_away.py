"""What a prompt means is taken away: nothing fits then, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.symbols import Lesson, Symbols, practice
from converseg_training.mini.scene.take_away import removable, take_away
from tests.training import scene_rows

TABLES = Tables(("body", "box", "lid", "mug"), ("blue", "red"), ("kind", "nearest", "part"))


def scenes() -> SceneSet:
    row = scene_rows.row(0)  # the box, the lid, the mug, the ghost
    row["meanings"] = np.array("kind\npart\nnearest\nkind")
    return SceneSet([row], TABLES)


def lesson() -> Lesson:
    return Symbols(scenes()).batch(np.array([0]), np.array([[0, 1, 2, 3]]), np.zeros(1, bool))


def test_only_what_is_not_found_by_comparing_and_sometimes_fits_nothing_is_removable() -> None:
    assert removable(scenes()).tolist() == [True, False, False]


def test_answers_go_with_their_parts_and_what_is_left_stays() -> None:
    before = lesson()
    after = take_away(before, np.array([True, False, True]), np.random.default_rng(0), 1.0)
    assert after.gone_nk is not None
    assert after.questions.no_target_n.tolist() == [True, True, False, True]
    assert after.gone_nk.any(1).tolist() == [True, True, False, False]
    box, lid = (before.questions.labels_nk[n] > 0 for n in (0, 1))
    assert after.gone_nk[1].equal(lid)
    assert after.gone_nk[0].equal(box)
    assert (before.things.is_part_bk[0] > 0)[box].any()
    assert not (after.questions.labels_nk[:2] > 0).any()
    assert after.questions.labels_nk[2:].equal(before.questions.labels_nk[2:])
    assert take_away(before, np.array([True, True, True]), np.random.default_rng(0), 0.0) is before


def test_what_is_gone_can_neither_be_meant_nor_looked_at() -> None:
    torch.manual_seed(0)
    network = SceneModel(TABLES.names, torch.randn(4, 384), torch.randn(2, 384), width=32, num_layers=2)
    reader = network.reader.eval()
    taken = take_away(lesson(), np.array([True, False, False]), np.random.default_rng(0), 1.0)
    assert taken.gone_nk is not None
    things, asked = taken.things, taken.questions
    told = replace(taken.told, names_bk=taken.told.names_bk.clone())
    args = (things.there_bk, asked.words_nle, asked.is_word_nl, 4, taken.gone_nk)
    with torch.no_grad():
        meant, present, _ = reader.decide(reader.know(things, told), *args)
        told.names_bk[0, taken.gone_nk[0]] = (told.names_bk[0, taken.gone_nk[0]] + 1) % 4
        changed, present_2, _ = reader.decide(reader.know(things, told), *args)
    assert (meant[0, taken.gone_nk[0]] == -15).all()
    assert torch.allclose(meant[0], changed[0], atol=1e-5) and torch.allclose(
        present[0], present_2[0], atol=1e-5
    )
    assert not torch.allclose(meant[2], changed[2], atol=1e-5)
    terms = practice(reader, taken, autocast=False)
    assert all(torch.isfinite(term) for term in terms.values())
