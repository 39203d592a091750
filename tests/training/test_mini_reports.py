"""What docs/mini.md says was measured is what the reports in the repository say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from converseg_training.mini.card import render_card
from converseg_training.mini.report import put_between_marks, read_metrics, tables

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_REPORTS = sorted(path for path in (_DOCS / "reports").glob("mini*") if path.is_dir())


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
