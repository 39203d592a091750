"""``converseg engine sim meanings``: what scenes of places are asked, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Meanings:
    """Print every question meaning: key | family | subfamily | phrasings.

    Attributes:
        markdown: write the table as a page of the docs to this file instead.
        count: ask every meaning of so many scenes instead, and print how often each was answered.
        frequencies: with ``count``: write what was counted as ``meanings/frequency.py`` to this file.
    """

    markdown: Path | None = None
    count: int = 0
    frequencies: Path | None = None


def _run(command: Meanings) -> object:
    from converseg_engine.sim.questions.meanings.page import as_markdown
    from converseg_engine.sim.questions.meanings.reach import as_module, count_reach
    from converseg_engine.sim.questions.meanings.table import MEANINGS, as_text

    if command.count < 0:
        raise ValueError("count: 0 or more scenes")
    if command.frequencies is not None and not command.count:
        raise ValueError("frequencies: give --count too, the number of scenes to count over")
    if command.count:
        reach = count_reach(command.count)
        if command.frequencies is not None:
            _write(command.frequencies, as_module(reach))
        return {
            "num_pictures": reach.num_pictures,
            "never": reach.never,
            "with_target": dict(reach.with_target),
            "without_target": dict(reach.without_target),
        }
    if command.markdown is None:
        return as_text()
    _write(command.markdown, as_markdown())
    return {"out": str(command.markdown), "num_meanings": len(MEANINGS)}


def _write(path: Path, text: str) -> None:
    partial_path = path.with_name(f".{path.name}.partial")
    partial_path.write_text(text, encoding="utf-8")
    partial_path.replace(path)


ENTRY = Entry(Meanings, _run)
