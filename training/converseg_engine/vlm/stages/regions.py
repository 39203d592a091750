"""Regions: each candidate mask verified on its own, then which one stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from converseg_core.evaluation.rle import Rle
from converseg_engine.vlm.ask import Answered, Ask
from converseg_engine.vlm.pictures import TINT_NAME, Picture
from converseg_engine.vlm.prompt_texts import render
from converseg_engine.vlm.replies import RegionReply, SceneRegion
from converseg_engine.vlm.rows import Candidate, Outcome, RegionRow
from converseg_engine.vlm.stages.source import Source

CHECKS = ("identity", "attributes", "location", "mask")


@dataclass(frozen=True)
class Proposal:
    """A mask that may stand for a region.

    Attributes:
        source: initial or refined.
        finder: what made it.
        score: the detector's own, 0 to 1.
        mask: of the photo's size.
    """

    source: str
    finder: str
    score: float
    mask: Rle


def region_text(region: SceneRegion) -> str:
    """A region's words as JSON on one line, for prompts."""
    return json.dumps(region.model_dump(), ensure_ascii=False)


def ask_region(plain: Picture, tinted: Picture, region: SceneRegion) -> Ask[RegionReply]:
    """Is this what the words say, and is its mask good."""
    return Ask(
        stage="region",
        role="verifier",
        text=render("region", colour=TINT_NAME, region=region_text(region)),
        pictures=(plain, tinted),
        schema=RegionReply,
    )


def read_candidate(proposal: Proposal, answered: Answered[RegionReply]) -> Candidate:
    """A proposal with its verdict."""
    reply = answered.value
    failed: tuple[str, ...] = ()
    if reply is None:
        outcome, reason = Outcome.ERROR, answered.fault
    else:
        failed = tuple(name for name in CHECKS if not getattr(reply, name))
        outcome, reason = (Outcome.REJECT if failed else Outcome.ACCEPT), reply.reason
    return Candidate(
        source=proposal.source,
        finder=proposal.finder,
        score=round(proposal.score, 6),
        rle=proposal.mask.counts.decode("ascii"),
        area_px=proposal.mask.area_px,
        outcome=outcome,
        reason=reason,
        failed=failed,
    )


def choose(candidates: Sequence[Candidate], nothing_found: str) -> tuple[Outcome, str, str]:
    """Outcome, reason and source of the mask that stands: refined before initial, accepted ones alone.

    An ERROR decides only where no candidate is accepted: then nobody knows, and REJECT would be a guess.
    """
    if not candidates:
        return Outcome.REJECT, nothing_found, ""
    for wanted in ("refined", "initial"):
        for candidate in candidates:
            if candidate.source == wanted and candidate.outcome is Outcome.ACCEPT:
                return Outcome.ACCEPT, candidate.reason, wanted
    for outcome in (Outcome.ERROR, Outcome.REJECT):
        for candidate in candidates:
            if candidate.outcome is outcome:
                said = f" ({', '.join(candidate.failed)})" if candidate.failed else ""
                return outcome, f"{candidate.source}{said}: {candidate.reason}", ""
    raise AssertionError("every candidate has an outcome")


def region_row(
    source: Source,
    region: SceneRegion,
    number: int,
    candidates: Sequence[Candidate],
    answered: Sequence[Answered[RegionReply]],
    *,
    mask_fault: str = "",
) -> RegionRow:
    """The row of a region, not yet marked.

    Args:
        source: its photo.
        region: its words.
        number: its place in the generator's list, from 1.
        candidates: its masks with their verdicts.
        answered: the verdicts' replies, in the same order.
        mask_fault: why masks could not be made at all; "" where they could.
    """
    outcome, reason, chosen = choose(candidates, "no mask was found for these words")
    if mask_fault:
        outcome, reason = Outcome.ERROR, f"masks: {mask_fault}"
    left, top, right, bottom = region.box
    return RegionRow(
        id=f"{source.id}-r{number:02d}",
        parents=(source.id,),
        photo=source.id,
        photo_sha256=source.sha256,
        licence=source.licence,
        outcome=outcome,
        reason=reason,
        calls=tuple(call for one in answered for call in one.calls),
        number=number,
        label=region.label,
        attributes=tuple(region.attributes),
        location=region.location,
        relation=region.relation,
        box=(left, top, right, bottom),
        candidates=tuple(candidates),
        chosen=chosen,
        mark=0,
        height=source.height,
        width=source.width,
    )
