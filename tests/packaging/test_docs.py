"""Documents link to what exists, and the index names every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT_PATH, tracked_paths

DOCS_PATH = ROOT_PATH / "docs"
PAGES = sorted(
    ROOT_PATH / path
    for path in tracked_paths()
    if path.suffix == ".md" and path.parts[0] in ("docs", "README.md", "CONTRIBUTING.md")
)
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)]*)?\)")


def links(page: Path) -> list[str]:
    """Targets of a page's links to other files."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [target for target, _ in LINK.findall(text) if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT_PATH)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert missing == []


def test_the_index_names_every_page() -> None:
    index = DOCS_PATH / "README.md"
    named = {(index.parent / target).resolve() for target in links(index)}
    pages = {page.resolve() for page in PAGES if DOCS_PATH in page.parents} - {index.resolve()}
    left_out = {page for page in pages if not named & {page, *page.parents}}
    assert left_out == set()
