from __future__ import annotations

import csv
import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_engine.audit.page import render_page
from converseg_engine.audit.picture import with_mask
from converseg_engine.audit.sample import AuditRow, draw_examples, draw_ids, draw_rows
from converseg_engine.audit.sheets import ROWS_PER_SHEET, render_sheet
from converseg_engine.audit.verdicts import read_verdicts, table
from converseg_engine.cli import main
from converseg_engine.shards import shard_path, write_shard
from tests.engine.shard_rows import LEFT, NOTHING, RIGHT, picture, question

CONCEPTS = ("entities", "spatial", "relations", "affordances", "physics")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    rows = [
        picture(
            f"p{k}",
            question(f"p{k}-0", LEFT, concept=CONCEPTS[k % 5]),
            question(f"p{k}-1", RIGHT if k % 2 else NOTHING, concept=CONCEPTS[(k + 1) % 5]),
            seed=k,
        )
        for k in range(15)
    ]
    write_shard(shard_path(folder, "test", 0), rows[:8], version=2)
    write_shard(shard_path(folder, "test", 1), rows[8:], version=2)
    return folder


def test_the_draw_is_even_and_repeats() -> None:
    questions = [(f"{c}{k}", c) for c, count in (("a", 50), ("b", 50), ("c", 3)) for k in range(count)]
    drawn = draw_ids(questions, 20, 1)
    assert drawn == draw_ids(questions, 20, 1) != draw_ids(questions, 20, 2)
    counts = [sum(name.startswith(c) for name in drawn) for c in "abc"]
    assert len(set(drawn)) == 20
    assert counts[2] == 3
    assert abs(counts[0] - counts[1]) <= 1
    assert sorted(draw_ids(questions, 999, 1)) == sorted(name for name, _ in questions)


def test_rows_come_with_their_pictures(data: Path) -> None:
    rows = draw_rows(data, "test", num=10, seed=0)
    assert [row.number for row in rows] == list(range(1, 11))
    for row in rows:
        assert row.question.id.startswith(row.picture.image_id)
        assert row.question in row.picture.questions


def test_a_mask_is_seen_and_small_ones_are_boxed() -> None:
    shot = picture("p", question("p-0", LEFT))
    plain = cv2.resize(shot.pixels(), (320, 240), interpolation=cv2.INTER_CUBIC)
    painted = with_mask(AuditRow(1, shot, shot.questions[0]), width=320)
    changed = (painted != plain).any(axis=2)
    assert changed[60:190, 40:130].mean() > 0.9
    assert not changed[:, 200:].any()
    nothing = question("p-1", NOTHING)
    assert (with_mask(AuditRow(1, shot, nothing), width=320) == plain).all()
    dot = np.zeros_like(LEFT)
    dot[20, 30] = True
    boxed = with_mask(AuditRow(1, shot, question("p-2", dot)), width=320)
    assert (boxed == (255, 176, 0)).all(axis=2).sum() > 30


class _Links(html.parser.HTMLParser):
    """Everything in a page that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def test_the_page_is_whole_in_itself_and_safe_against_words(data: Path) -> None:
    evil = '<img src=x onerror=alert(1)> & "quotes"'
    rows = draw_rows(data, "test", num=4, seed=0)
    bad = AuditRow(5, rows[0].picture, question("x", LEFT, prompt=evil, evidence=evil))
    text = render_page([*rows, bad], title=evil)
    links = _Links()
    links.feed(text)
    assert len(links.found) == 10
    assert all(link.startswith("data:image/jpeg;base64,") for link in links.found)
    assert "<img src=x" not in text
    assert not re.search(r"url\(|@import|https?://", text)


def test_sheets_hold_twelve_rows(data: Path, tmp_path: Path) -> None:
    rows = draw_rows(data, "test", num=30, seed=0)
    sheet = render_sheet(rows[:ROWS_PER_SHEET])
    assert sheet.shape[1] == 1504
    assert 1500 < sheet.shape[0] < 2700
    with pytest.raises(ValueError, match="rows"):
        render_sheet(rows[: ROWS_PER_SHEET + 1])
    assert main(["audit", str(data), "--num", "30", "--sheets", str(tmp_path / "sheets")]) == 0
    names = sorted(p.name for p in (tmp_path / "sheets").iterdir())
    assert names == ["sheet-01.png", "sheet-02.png", "sheet-03.png", "verdicts.csv"]


def test_verdicts_become_a_table(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, notes = tmp_path / "audit.html", tmp_path / "audit.csv"
    assert main(["audit", str(data), "--num", "20", "--out", str(page)]) == 0
    with notes.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 20
    said = {"wrong": 1, "ambiguous": 2}
    for line in lines:
        line["verdict"] = "" if line is lines[-1] else "right"
    lines[0]["verdict"], lines[1]["verdict"], lines[5]["verdict"] = "wrong", "ambiguous", "ambiguous"
    with notes.open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    # A page that is drawn again leaves the verdicts alone.
    assert main(["audit", str(data), "--num", "20", "--out", str(page)]) == 0
    verdicts = read_verdicts(notes)
    assert {v: sum(x.verdict == v for x in verdicts) for v in said} == said
    capsys.readouterr()
    assert main(["audit", str(data), "--verdicts", str(notes)]) == 0
    text = capsys.readouterr().out
    assert "| affordances | 4 | 1 | 1 | 50.0 % |" in text
    assert "| all | 19 | 1 | 2 | 15.8 % |" in text
    assert "1 of 20 rows have no verdict" in text
    assert "none looked at" in table([])


def test_a_verdict_that_is_none_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("id,concept,verdict\na,x,right\nb,x,fine\n")
    with pytest.raises(ValueError, match=r"line 3 .*'fine'"):
        read_verdicts(path)
    path.write_text("id,verdict\na,right\n")
    with pytest.raises(ValueError, match="concept"):
        read_verdicts(path)


@pytest.mark.browser
def test_a_real_browser_shows_and_filters_the_rows(data: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine; Debian: apt-get install chromium")
    text = render_page(draw_rows(data, "test", num=20, seed=0), title="Audit")
    choose = """<script>
document.getElementById("target").value = "no";
document.getElementById("target").dispatchEvent(new Event("change"));
document.querySelector("article:not(.hidden) input[value=wrong]").click();
document.title = [...document.querySelectorAll("article:not(.hidden)")].length + " shown, "
  + document.getElementById("judged").textContent + " judged";
</script></body>"""
    (tmp_path / "page.html").write_text(text.replace("</body>", choose), encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    found = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
    num_nothing = sum(row.question.no_target for row in draw_rows(data, "test", num=20, seed=0))
    assert 0 < num_nothing < 20
    assert f"<title>{num_nothing} shown, 1 judged</title>" in found


def test_examples_show_each_sub_family_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert draw_examples(data, "test", seed=0) == {}, "half the picture is no good example"
    monkeypatch.setattr("converseg_engine.audit.sample.MAX_EXAMPLE_SHARE", 0.6)
    drawn = draw_examples(data, "test", seed=0)
    assert set(drawn) == set(CONCEPTS)
    assert all(len(rows) == 1 and not rows[0].question.no_target for rows in drawn.values())
    assert len({rows[0].picture.image_id for rows in drawn.values()}) == len(CONCEPTS)
    assert main(["audit", str(data), "--examples", str(tmp_path / "examples")]) == 0
    names = sorted(p.name for p in (tmp_path / "examples").iterdir())
    assert names == sorted(f"questions-{concept}.jpg" for concept in CONCEPTS)
