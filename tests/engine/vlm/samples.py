"""Small hand-made rows that several tests use."""

from __future__ import annotations

import numpy as np

from converseg_core.evaluation.rle import Rle, encode
from converseg_engine.vlm.ask import Answered
from converseg_engine.vlm.pictures import Picture, as_picture
from converseg_engine.vlm.replies import RegionReply, SceneRegion
from converseg_engine.vlm.rows import Outcome, PromptRow, RegionRow
from converseg_engine.vlm.stages.marks import number_regions
from converseg_engine.vlm.stages.regions import Proposal, read_candidate, region_row
from converseg_engine.vlm.stages.source import Source

SOURCE = Source(id="0123456789abcdef", sha256="0" * 64, licence="CC0-1.0", height=60, width=80)
YES = RegionReply(identity=True, attributes=True, location=True, mask=True, reason="It is.")
NO = RegionReply(identity=True, attributes=True, location=True, mask=False, reason="The handle is missing.")


def square(x: int, y: int, side: int = 20) -> Rle:
    mask = np.zeros((SOURCE.height, SOURCE.width), np.bool_)
    mask[y : y + side, x : x + side] = True
    return encode(mask)


def described(label: str, color: str, x: int, y: int, side: int = 20) -> SceneRegion:
    box = [1000 * x // 80, 1000 * y // 60, 1000 * (x + side) // 80, 1000 * (y + side) // 60]
    return SceneRegion(
        label=label, attributes=[color], location=f"at {x}, {y}", relation="stands alone", box=box
    )


def accepted(label: str, color: str, x: int, y: int, number: int) -> RegionRow:
    answered = Answered(YES, ())
    candidate = read_candidate(Proposal("initial", "hand", 0.9, square(x, y)), answered)
    return region_row(SOURCE, described(label, color, x, y), number, [candidate], [answered])


def three_marked() -> tuple[RegionRow, ...]:
    return number_regions(
        [
            accepted("mug", "red", 0, 0, 1),
            accepted("mug", "blue", 30, 0, 2),
            accepted("fork", "grey", 55, 35, 3),
        ]
    )


def plain() -> Picture:
    return as_picture(np.full((60, 80, 3), 128, np.uint8))


def prompt_row(
    number: int, concept: str, *, no_target: bool = False, outcome: Outcome = Outcome.ACCEPT
) -> PromptRow:
    return PromptRow(
        id=f"{number:016x}-{concept}-{'n' if no_target else 'p'}1",
        parents=(),
        photo=f"{number:016x}",
        photo_sha256="0" * 64,
        licence="CC0-1.0",
        outcome=outcome,
        reason="because",
        calls=(),
        concept=concept,
        prompt=f"prompt {number}",
        no_target=no_target,
        regions=() if no_target else (1,),
        rle=square(0, 0).counts.decode("ascii"),
        why="so",
        failed=(),
        height=60,
        width=80,
    )
