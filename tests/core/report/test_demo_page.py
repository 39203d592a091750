"""The demo's page: whole in itself, safe against any words, readable in a real browser."""

from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core.cli.image_file import encode_jpeg
from converseg_core.report import DemoPage, QuestionCard, machine_facts, render_demo_page

RED = np.full((60, 80, 3), (200, 0, 0), np.uint8)


def _card(index: int = 1, **changes: object) -> QuestionCard:
    fields: dict[str, object] = {
        "index": index,
        "prompt": "the red mug",
        "concept": "entities",
        "state": "found",
        "status": "found",
        "status_text": "",
        "confidence": 0.9,
        "iou": 0.8,
        "latency_s": 0.050,
        "answer_jpeg": encode_jpeg(RED),
        "truth_jpeg": encode_jpeg(RED),
        "truth_status": "OK",
        "stages_s": {"encode": 0.030, "decode": 0.010, "transport and waiting": 0.010},
    }
    return QuestionCard(**(fields | changes))  # type: ignore[arg-type]


def _failed(index: int = 2) -> QuestionCard:
    return _card(
        index,
        state="failed",
        status="no answer",
        status_text="never asked",
        confidence=None,
        iou=None,
        latency_s=None,
        answer_jpeg=None,
        truth_jpeg=None,
        truth_status=None,
        stages_s={},
    )


def _page(*cards: QuestionCard, notes: tuple[str, ...] = ()) -> DemoPage:
    return DemoPage(
        title="A title",
        made="Made today",
        cards=cards,
        animation_webp=b"RIFF",
        facts={"Machine": machine_facts()},
        notes=notes,
    )


class _Links(html.parser.HTMLParser):
    """Everything in a page that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")
        ]


def test_nothing_is_fetched_and_nothing_runs() -> None:
    text = render_demo_page(_page(_card(), _failed()))
    links = _Links()
    links.feed(text)
    assert links.found
    assert all(link.startswith("data:image/") for link in links.found)
    assert not links.tags & {"script", "link", "iframe", "object", "embed"}
    assert not re.search(r"url\(|@import|https?://", text)
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


def test_words_of_people_are_text_not_markup() -> None:
    evil = '<img src=x onerror=alert(1)> & "quotes"'
    text = render_demo_page(_page(_card(prompt=evil, status_text=evil), notes=(evil,)))
    assert "<img src=x" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt; &amp; &#34;quotes&#34;") >= 3


def test_figures_count_failures_honestly() -> None:
    page = _page(_card(iou=0.8, latency_s=0.05), _card(2, iou=1.0, latency_s=0.15), _failed(3))
    assert page.num_answered == 2
    assert page.mean_iou == pytest.approx(0.6)
    assert page.median_latency_s == pytest.approx(0.1)
    text = render_demo_page(page)
    assert "2 of 3" in text
    assert "0.60" in text
    assert "100 ms" in text


def test_a_refusal_has_no_part_in_the_latency() -> None:
    page = _page(_card(latency_s=0.05), _card(2, state="failed", iou=None, latency_s=0.001))
    assert page.median_latency_s == pytest.approx(0.05)


def test_unknown_figures_are_called_unknown() -> None:
    page = _page(_card(iou=None, truth_jpeg=None, confidence=None))
    assert page.mean_iou is None
    text = render_demo_page(page)
    assert "no truth for this frame" in text
    assert "nan" not in text.lower().replace("nanosec", "")
    assert "None" not in text


def test_bars_are_shares_of_the_whole() -> None:
    bars = _card().bars
    assert [name for name, _, _ in bars] == ["encode", "decode", "transport and waiting"]
    assert sum(share for _, _, share in bars) == pytest.approx(100)
    assert bars[0][1] == pytest.approx(30.0)
    assert bars[0][2] == pytest.approx(60.0)
    assert _failed().bars == []


def test_machine_facts_are_filled() -> None:
    facts = machine_facts()
    assert all(facts.values())
    assert re.search(r"\d", facts["Memory"])


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
def test_a_real_browser_shows_the_pictures_within_its_width(width: int, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine; Debian: apt-get install chromium")
    cards = [_card(prompt="a" * 300 + " " + "wide " * 40), _failed()]
    (tmp_path / "page.html").write_text(render_demo_page(_page(*cards)), encoding="utf-8")
    # Chromium's own window cannot be as narrow as a phone; a frame in it can.
    style = f"border:0;width:{width}px;height:2400px"
    frame = f'<body style="margin:0"><iframe src="page.html" scrolling="no" style="{style}"></iframe>'
    (tmp_path / "frame.html").write_text(frame)
    shot = tmp_path / "shot.png"
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1300,2400", f"--screenshot={shot}",
        (tmp_path / "frame.html").as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    picture = cv2.imread(str(shot))
    assert picture is not None
    inside = picture[:, :width].astype(int)
    red = (inside[..., 2] > 180) & (inside[..., 0] < 40) & (inside[..., 1] < 40)
    columns = np.flatnonzero(red.sum(axis=0) > 50)
    assert columns.size > 0.6 * width if width == 390 else columns.size > 700
    margin = inside[:, width - 8 :]
    assert np.ptp(margin.reshape(-1, 3), axis=0).max() < 12, "something reaches over the page's right edge"
