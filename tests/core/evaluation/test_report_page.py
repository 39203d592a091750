"""The report as a person uses it: a real browser, its filters clicked, what is then shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.cli.eval import command
from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.predictions_file import RunInfo
from converseg_core.evaluation.report import write_report
from converseg_core.evaluation.report.cards import verdict
from converseg_core.evaluation.summary import summarise
from tests.core.evaluation.chromium import Page, chromium, open_page
from tests.core.evaluation.predictions import prediction
from tests.core.evaluation.side_model import SideModel, write_dataset

SHOWN = """[...document.querySelectorAll(".card")].filter((card) => card.checkVisibility())
  .map((card) => [card.dataset.concept, card.dataset.status, card.querySelector(".prompt").textContent])"""
Shown = list[list[str]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on twelve questions: 7 OK, 3 NO_TARGET, 2 REJECTED."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "load_model", lambda _: SideModel())
        assert command.main([str(write_dataset(folder / "set")), "--out", str(folder / "out")]) == 0
    return folder / "out" / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if chromium() is None:
        pytest.skip("no Chromium on this machine; Debian: apt-get install chromium")
    with open_page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def choose(page: Page, name: str, word: str) -> None:
    """Choose an entry of a list as a person does: click it, type its first letters, press Enter."""
    page.click(f"#{name}")
    for letter in word[:4]:
        page.key(letter, ord(letter.upper()), text=letter)
    page.key("Enter", 13, text="\r")
    assert page.value(f"document.getElementById({name!r}).value") == ("" if word == "all" else word)


@pytest.mark.browser
def test_filters_show_what_they_say(page: Page, report: Path) -> None:
    page.open(report, width=1200, height=900)
    everything: Shown = page.value(SHOWN)
    assert len(everything) == 12
    assert page.value("document.getElementById('count').textContent") == "12 of 12"

    choose(page, "status", "REJECTED")
    assert page.value(SHOWN) == [card for card in everything if card[1] == "REJECTED"]
    assert page.value("document.getElementById('count').textContent") == "2 of 12"

    choose(page, "status", "all")
    choose(page, "concept", "spatial")
    spatial = [card for card in everything if card[0] == "spatial"]
    assert 0 < len(spatial) < 12
    assert page.value(SHOWN) == spatial

    choose(page, "status", "NO_TARGET")
    both = [card for card in spatial if card[1] == "NO_TARGET"]
    assert page.value(SHOWN) == both
    assert page.value("document.getElementById('count').textContent") == f"{len(both)} of 12"

    choose(page, "concept", "all")
    choose(page, "status", "all")
    assert page.value(SHOWN) == everything


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_reaches_over_the_edge_and_pictures_are_seen(page: Page, report: Path, width: int) -> None:
    page.open(report, width=width, height=1000, is_phone=width < 600)
    assert page.value("document.documentElement.scrollWidth") <= width
    page.value("document.querySelector('.card').scrollIntoView()")
    widths: list[float] = page.value(
        "[...document.querySelector('.card').querySelectorAll('.pic')].map((pic) => pic.clientWidth)"
    )
    assert len(widths) == 3
    assert min(widths) >= 100
    if width < 600:
        assert widths[0] > 0.8 * width  # the plain picture has a line of its own on a phone
    shot = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shot.shape == (1000, width, 3)
    assert len(np.unique(shot.reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize(
    ("is_there", "found", "iou", "words"),
    [
        (True, True, 0.5, "right"),
        (True, True, 0.49, "wrong mask"),
        (True, False, 0.0, "missed"),
        (False, True, 0.0, "false alarm"),
        (False, False, 1.0, "rightly nothing"),
        (True, None, 0.0, "no answer"),
    ],
)
def test_a_verdict_in_words(is_there: bool, found: bool | None, iou: float, words: str) -> None:
    mask, nothing = np.ones((4, 4), np.bool_), np.zeros((4, 4), np.bool_)
    answer = None if found is None else mask if found else nothing
    assert verdict(prediction(1, answer, mask if is_there else nothing), iou) == words
    assert verdict(prediction(1, answer, None), None) == ""


def test_answers_without_truth_are_shown_too(tmp_path: Path) -> None:
    rows = [prediction(number, np.ones((4, 4), np.bool_), None) for number in range(3)]
    evaluation = measure(rows)
    info = RunInfo(model_id="m@1", source="nowhere", source_path=str(tmp_path))
    write_report(tmp_path / "page.html", evaluation, summarise(evaluation), info=info)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count('<article class="card"') == 3
    assert text.count("truth: not known") == 3
    assert 'id="verdict"' not in text
    assert Status.OK.name in text
