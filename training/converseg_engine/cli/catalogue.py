"""``converseg engine sim catalogue``: a picture of every kind of thing that scenes are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Draw one member of each category on a sheet.

    Attributes:
        out: the picture, .png or .jpg.
        only: names of categories; default: all.
        seed: another seed draws other members.
        columns: tiles in a row.
        width, height: of a tile, pixels.
        parts: paint each part in a colour of its own.
    """

    out: Path
    only: tuple[str, ...] = ()
    seed: int = 0
    columns: int = 12
    width: int = 160
    height: int = 140
    parts: bool = False


def _run(command: Catalogue) -> object:
    from converseg_engine.sim.catalogue_sheet import draw_sheet
    from converseg_engine.sim.objects import CATEGORIES, category_named

    chosen = tuple(category_named(name) for name in command.only) or CATEGORIES
    num = draw_sheet(
        command.out,
        chosen,
        seed=command.seed,
        columns=command.columns,
        width=command.width,
        height=command.height,
        parts=command.parts,
    )
    return {"out": str(command.out), "num_categories": num}


ENTRY = Entry(Catalogue, _run)
