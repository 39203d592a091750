"""What docs/mini.md says was measured is what the reports in the repository say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from converseg_training.mini.ablation import COLUMNS, ROWS, markdown
from converseg_training.mini.card import render_card
from converseg_training.mini.report import put_between_marks, read_metrics, tables
from converseg_training.mini.scene.ablation import table

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_ABLATION = _DOCS / "reports" / "mini-ablation"
_REPORTS = sorted(path for path in (_DOCS / "reports").glob("mini*") if path.is_dir() and path != _ABLATION)


def test_the_page_holds_the_tables_of_the_reports_that_it_names() -> None:
    page = (_DOCS / "mini.md").read_text()
    named = re.search(r"from the reports in \[[^]]*\]\(([^)#]*?)(?:/tables\.md)?\)", page)
    assert named is not None
    assert put_between_marks(page, tables(_DOCS / named.group(1))) == page


@pytest.mark.parametrize("folder", _REPORTS, ids=lambda path: path.name)
def test_reports_are_whole_and_name_no_place_of_a_machine(folder: Path) -> None:
    assert (folder / "tables.md").read_text() == tables(folder)
    card = folder / "MODEL_CARD.md"
    assert not card.exists() or card.read_text() == render_card(folder)
    found = read_metrics(folder)
    assert {"templates", "conversation", "conversation-by-kind"} <= set(found)
    for metrics in found.values():
        assert metrics["run"]["source_path"] == ""
        assert not re.search(r'"/[a-z]+/', json.dumps(metrics))
    assert found["conversation"]["num_questions"] == found["conversation-by-kind"]["num_questions"] >= 150


def test_rows_without_parts_are_told_as_they_were_measured() -> None:
    content = json.loads((_ABLATION / "photos.json").read_text())
    assert list(content["rows"]) == list(ROWS)
    page = markdown(content["rows"], content["counts"])
    assert (_ABLATION / "photos.md").read_text() == page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == len(ROWS) + 2
    assert "\n".join(rows) in (_DOCS / "mini.md").read_text()
    assert content["counts"]["absent"] == 100
    # The row with all parts is what the reports say.
    found = read_metrics(_DOCS / "reports" / "mini")
    reported = {row["name"]: row["giou"] for row in found["templates"]["table"]}
    for kind in COLUMNS[:-1]:
        assert content["rows"]["full"][kind] == pytest.approx(reported[kind], abs=0.002)
    spoken = found["conversation"]["table"][-1]["giou_with_target"]
    assert content["rows"]["full"]["spoken"] == pytest.approx(spoken, abs=0.002)


def test_what_the_scene_readers_parts_are_worth_is_told_as_it_was_measured() -> None:
    content = json.loads((_ABLATION / "scenes.json").read_text())
    page = table(content["rows"], content["num_steps"])
    assert (_ABLATION / "scenes.md").read_text() == page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    told = (_DOCS / "mini.md").read_text()
    assert "\n".join(rows) in told
    assert {"all", "without negatives", "without the detector's features"} <= set(content["rows"])
    metrics = json.loads((_ABLATION / "without-simulated-data" / "metrics.json").read_text())
    assert f"gIoU {metrics['table'][-1]['giou']:.3f}, where something fits" in told
