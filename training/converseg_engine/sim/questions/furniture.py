"""How questions speak of the furniture of places: which parts, which uses, and what is left open."""

from __future__ import annotations

import dataclasses

from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.places.catalog import known_category


def _piece(
    name: str, parts: str = "", *, yes: str = "", unsure: str = "", part_uses: dict[str, str] | None = None
) -> Category:
    return dataclasses.replace(
        known_category(name),
        yes=known(yes),
        unsure=known(unsure),
        askable_parts=tuple(p for p in parts.split(", ") if p),
        part_uses=uses(**(part_uses or {})),
    )


_BURNERS = "front left burner, front right burner, back left burner, back right burner"
_BOARDS = "top board, upper middle board, middle board, lower middle board, bottom board"
_BASIN = "wash_hands carry_water store container metal breaks throw_away wash_hair"

FURNITURE: dict[str, Category] = {
    c.name: c
    for c in (
        _piece("floor"),
        _piece("table", "top, legs", unsure="put_on climb sit", part_uses={"legs": "stand_on"}),
        _piece("counter", "top, front", unsure="put_on store chop_on"),
        _piece(
            "stove",
            f"{_BURNERS}, knobs",
            unsure="boil fry metal needs_power electronic hot keep_from_child breaks",
            part_uses={"knobs": "turn"},
        ),
        _piece("sink", "basin, tap", unsure=_BASIN),
        _piece("washbasin", "basin, tap", unsure=_BASIN),
        _piece("washstand", "top, front", unsure="put_on store"),
        _piece("mirror", unsure="breaks show_picture brush_hair"),
        _piece("wall shelf", "board", unsure="put_on store"),
        _piece("shelf", _BOARDS, unsure="store put_on"),
        _piece("desk", "top, legs, drawers", unsure="put_on store write"),
        _piece("desk stand", "board", unsure="put_on store"),
        _piece("cabinet", "top, front", unsure="store put_on container"),
        _piece("sideboard", "top, front", unsure="store put_on container"),
        _piece("drawer", "front, handle", unsure="store container", part_uses={"handle": "pull"}),
        _piece(
            "luggage cart",
            "platform, handle, wheels",
            unsure="carry_things travel luggage metal carry_dishes store put_on trips",
            part_uses={"wheels": "roll_on"},
        ),
        _piece("walkway"),
        _piece(
            "bench",
            "seat, legs",
            yes="sit",
            unsure="climb put_on",
            part_uses={"seat": "sit_on", "legs": "stand_on"},
        ),
        _piece(
            "workbench",
            "top, lower board, legs",
            unsure="put_on store store_tools",
            part_uses={"legs": "stand_on"},
        ),
        _piece(
            "vise",
            "jaws, handle",
            unsure="grip metal tool grip_nut",
            part_uses={"jaws": "grip", "handle": "turn"},
        ),
        _piece("pegboard", "hooks", unsure="store store_tools"),
    )
}
"""By name. In ``unsure`` stands what somebody might say of it: then nobody asks."""
