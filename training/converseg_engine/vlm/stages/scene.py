"""First stage: what is in the photo."""

from __future__ import annotations

from converseg_engine.vlm.ask import Answered, Ask
from converseg_engine.vlm.pictures import Picture
from converseg_engine.vlm.prompt_texts import render
from converseg_engine.vlm.replies import SceneRegion, SceneReply
from converseg_engine.vlm.rows import Outcome, PhotoRow
from converseg_engine.vlm.stages.source import Source


def ask_scene(plain: Picture) -> Ask[SceneReply]:
    """Which things are there."""
    return Ask(stage="scene", role="generator", text=render("scene"), pictures=(plain,), schema=SceneReply)


def read_scene(source: Source, answered: Answered[SceneReply]) -> tuple[PhotoRow, tuple[SceneRegion, ...]]:
    """The photo's row, and the regions that were described."""
    regions = () if answered.value is None else tuple(answered.value.regions)
    if answered.value is None:
        outcome, reason = Outcome.ERROR, f"scene: {answered.fault}"
    elif not regions:
        outcome, reason = Outcome.REJECT, "the generator sees nothing to point at"
    else:
        outcome, reason = Outcome.ACCEPT, f"{len(regions)} regions described"
    row = PhotoRow(
        id=source.id,
        parents=(),
        photo=source.id,
        photo_sha256=source.sha256,
        licence=source.licence,
        outcome=outcome,
        reason=reason,
        calls=answered.calls,
        height=source.height,
        width=source.width,
        num_regions=len(regions),
    )
    return row, regions
