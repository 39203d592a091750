"""Rows without parts: what each row knows, and the figures of a row."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.lexicon import NAMES
from converseg_core.mini.photo import PhotoFrame, PhotoReader
from converseg_core.mini.phrase_book import PhraseBook, known_phrases
from converseg_core.mini.selection import Candidate
from converseg_core.mini.stretches import sureness
from converseg_training.mini.ablation import (
    _NO_LIMITS,
    COLUMNS,
    ROWS,
    _NoLanguage,
    answered,
    frames,
    markdown,
    table,
)
from converseg_training.mini.photo_prompts import Question


class _GrassEverywhere:
    def shares(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        del image
        shares = np.zeros((len(NAMES), 48, 64), np.float32)
        shares[NAMES.index("grass")] = 1.0
        return shares


def _photo() -> PhotoFrame:
    """A sure dog on the left, an unsure cat on the right, sky above, a trace of sea."""

    def mask(box: Any) -> NDArray[np.bool_]:
        found = np.zeros((48, 64), np.bool_)
        found[:, round(box[0] * 64) : round(box[2] * 64)] = True
        return found

    cells = np.zeros((len(NAMES), 48, 64), np.float32)
    cells[NAMES.index("sky"), :24] = 0.9
    cells[NAMES.index("sea"), 40:] = 0.05
    things = (Candidate("dog", 0.9, (0.0, 0.0, 0.5, 1.0)), Candidate("cat", 0.06, (0.5, 0.0, 1.0, 1.0)))
    sure = sureness(cells, np.full(len(NAMES), 0.1, np.float32))
    return PhotoFrame(np.zeros((48, 64, 3), np.uint8), things, cells, sure, mask)


def _asked(row: str, prompt: str) -> NDArray[np.bool_]:
    nothing: Any = _NoLanguage()
    book = PhraseBook(nothing, np.zeros((len(known_phrases()), 1), np.float32))
    reader = PhotoReader(book, _NO_LIMITS if row == "without negatives" else None)
    frame = frames(_photo(), cast("Any", _GrassEverywhere()))[row]
    understood = reader.understand(prompt)
    assert understood is not None
    return reader.answer(frame, understood).mask


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("full", {"dog", "sky"}),
        ("without real photos", {"dog"}),
        ("without negatives", {"dog", "cat", "sky", "sea"}),
        ("without pretrained parts", {"grass"}),
    ],
)
def test_each_row_finds_what_its_parts_know(row: str, found: set[str]) -> None:
    assert {name for name in ("dog", "cat", "sky", "sea", "grass") if _asked(row, name).any()} == found


def test_words_that_are_not_known_count_as_wrong_and_absence_as_right() -> None:
    nothing: Any = _NoLanguage()
    reader = PhotoReader(PhraseBook(nothing, np.zeros((len(known_phrases()), 1), np.float32)))
    left = np.zeros((48, 64), np.bool_)
    left[:, :32] = True
    absent = np.zeros_like(left)
    assert answered(_photo(), reader, Question("dog", "entities", "class-thing", left)) == 1.0
    assert answered(_photo(), reader, Question("dog", "entities", "class-thing", ~left)) == 0.0
    assert answered(_photo(), reader, Question("bus", "entities", "absent", absent)) == 1.0
    assert (
        answered(_photo(), reader, Question("quarterly thermodynamics", "entities", "absent", absent)) == 0.0
    )


def test_figures_are_means_over_the_rows_answers() -> None:
    lines = [
        {"row": row, "kind": kind, "iou": iou}
        for row in ROWS
        for kind in COLUMNS
        for iou in ((0.2, 0.6) if row == "full" else (0.0, 0.5))
    ]
    figures = table(lines)
    assert figures["full"]["spoken"] == pytest.approx(0.4)
    assert figures["without negatives"]["absent"] == pytest.approx(0.25)
    page = markdown(figures, dict.fromkeys(COLUMNS, 2))
    assert "| full | 0.400 | 0.400 | 0.400 | 40 % | 0.400 |" in page
    assert all(meaning in page for meaning in ROWS.values())
